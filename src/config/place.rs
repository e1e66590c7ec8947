//! The place and the profile, resolved from flags, environment, contexts and the profile's region.

use super::context::{Context, PlaceFields};
use super::file::{Entry, File};
use super::flags::{PlaceFlags, Shared};
use super::layers::{Origin, Origins, variable};
use super::nearest::did_you_mean;
use super::{Error, Region};
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{Namespace, Place, Profile, Workspace};
use crate::util::environment::Environment;
use crate::util::quote::quoted_or;
use crate::util::text;

/// Variables for the region that the vendor's own tools read.
const REGION_VARIABLES: [&str; 3] =
    ["ALIBABA_CLOUD_REGION_ID", "ALIBABACLOUD_REGION_ID", "ALICLOUD_REGION_ID"];

/// A source of a place's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Flag,
    /// The context that `--context` names: it beats variables.
    Named,
    Environment,
    /// The context that the variable or the file names: variables beat it.
    Current,
    /// The top level of the file.
    File,
}

/// The levels, highest precedence first.
const PRECEDENCE: [Level; 5] =
    [Level::Flag, Level::Named, Level::Environment, Level::Current, Level::File];

/// A place of which some fields may be unknown.
#[derive(Debug, Clone, Default)]
pub struct PartialPlace {
    pub endpoint: Option<Endpoint>,
    pub workspace: Option<Workspace>,
    /// The namespace as given: it is validated where it is used.
    pub namespace: Option<String>,
    /// The profile, if one was named explicitly.
    pub profile: Option<Profile>,
    pub origins: Origins,
}

impl PartialPlace {
    pub fn fields(&self) -> PlaceFields {
        PlaceFields::new(
            self.endpoint.as_ref().map_or("", Endpoint::form_text),
            self.workspace.as_ref().map_or("", Workspace::as_str),
            self.namespace.as_deref().unwrap_or_default(),
            self.profile.as_ref().map_or("", Profile::as_str),
        )
    }

    /// The origin of a field, in words.
    pub fn origin(&self, name: &str) -> String {
        self.origins.get(name).map(ToString::to_string).unwrap_or_default()
    }

    /// The origin of the endpoint, or of the region it was derived from.
    pub fn origin_of_endpoint(&self) -> String {
        let name = if self.origins.contains_key("endpoint") { "endpoint" } else { "region" };
        self.origin(name)
    }

    /// The place, if all fields are known.
    ///
    /// # Errors
    /// The missing field, or an invalid namespace.
    pub fn complete(&self) -> Result<Place, Error> {
        let (endpoint, workspace, namespace) = self.parts()?;
        let namespace = Namespace::new(&namespace)?;
        Ok(Place { endpoint, workspace, namespace, profile: self.profile.clone() })
    }

    /// Endpoint, workspace and unvalidated namespace, if all are known.
    ///
    /// # Errors
    /// The missing field.
    pub fn parts(&self) -> Result<(Endpoint, Workspace, String), Error> {
        let missing = |what, flags, variables| Error::Missing { what, flags, variables };
        let region = ["--region or --endpoint", "ALIBABA_CLOUD_REGION_ID or SAVEPEEK_ENDPOINT"];
        let endpoint = self.endpoint.clone();
        let endpoint = endpoint.ok_or(missing("region", region[0], region[1]))?;
        let workspace = self.workspace.clone();
        let workspace =
            workspace.ok_or(missing("workspace", "--workspace", "SAVEPEEK_WORKSPACE"))?;
        let namespace = self.namespace.clone();
        let namespace =
            namespace.ok_or(missing("namespace", "--namespace", "SAVEPEEK_NAMESPACE"))?;
        Ok((endpoint, workspace, namespace))
    }
}

pub struct PlaceResolver<'a> {
    pub flags: &'a Shared,
    pub environment: &'a Environment,
    pub file: &'a File,
    /// Looks up the region of a profile.
    pub region_of: &'a Region<'a>,
}

impl PlaceResolver<'_> {
    /// The context at the start, and where it was named.
    pub fn context(&self) -> Result<Option<(String, Origin)>, Error> {
        let name = "context";
        let from_file = || {
            let Entry { text, line } = self.file.values.get(name)?;
            Some((text.clone(), Origin::Line(self.file.shown(), *line, name.to_owned())))
        };
        let flag = self.flags.context.clone().map(|text| (text, Origin::Flag(name)));
        let variable = || {
            let variable = variable(name);
            Some((self.environment.get(&variable)?, Origin::Variable(variable)))
        };
        // The file is checked even if a flag beats it.
        for (text, origin) in [&flag, &variable(), &from_file()].into_iter().flatten() {
            if !self.file.contexts.contains_key(text) {
                let known = self.file.contexts.keys().map(String::as_str);
                let hint = did_you_mean(text, known.clone()).unwrap_or_else(|| {
                    match (known.collect::<Vec<_>>().join(", "), &self.file.path) {
                        (none, None) if none.is_empty() => "no file was read".to_owned(),
                        (none, Some(_)) if none.is_empty() => {
                            format!("{} has none", self.file.shown())
                        }
                        (names, _) => format!("there are {}", text::clean(&names)),
                    }
                });
                let name = quoted_or(text, "of that name");
                let why = format!("there is no context {name}; {hint}");
                return Err(Error::Value { from: origin.to_string(), why });
            }
        }
        Ok(flag.or_else(variable).or_else(from_file))
    }

    /// Resolves the place within a context.
    pub fn locate(&self, context: Option<&(String, Origin)>) -> Result<PartialPlace, Error> {
        let mut origins = Origins::new();
        let profile = self.profile(context, &mut origins)?;
        let endpoint = self.endpoint(context, profile.as_ref(), &mut origins)?;
        let workspace = self.first_value(context, "workspace").map(|(text, origin)| {
            let workspace = Workspace::new(&text).map_err(|why| Error::of(&origin, &why));
            origins.insert("workspace", origin);
            workspace
        });
        let namespace = self.first_value(context, "namespace").map(|(text, origin)| {
            // An error in the file can be reported with its line.
            let checked = match &origin {
                Origin::Line(..) => Namespace::new(&text).map(drop),
                _ => Ok(()),
            };
            let checked = checked.map_err(|why| Error::of(&origin, &why));
            origins.insert("namespace", origin);
            checked.map(|()| text)
        });
        Ok(PartialPlace {
            endpoint,
            workspace: workspace.transpose()?,
            namespace: namespace.transpose()?,
            profile,
            origins,
        })
    }

    /// Every context as if `--context` named it, without other flags for the place.
    pub fn contexts(&self) -> Result<Vec<Context>, Error> {
        let flags = Shared { place: PlaceFlags::default(), ..self.flags.clone() };
        // An unreadable profile is reported when its context is used.
        let region_of = |profile: Option<&str>| Ok((self.region_of)(profile).unwrap_or_default());
        let alone = PlaceResolver { flags: &flags, region_of: &region_of, ..*self };
        // Check the top level of the file even if other sources beat it.
        PlaceResolver { environment: &Environment::of([]), ..alone }.locate(None)?;
        let contexts = self.file.contexts.keys().map(|name| {
            let located = alone.locate(Some(&(name.clone(), Origin::Flag("context"))))?;
            Ok(Context {
                name: name.clone(),
                fields: located.fields(),
                place: located.complete().ok(),
            })
        });
        contexts.collect()
    }

    /// The value of a field on one level.
    fn value_at(
        &self,
        level: Level,
        context: Option<&(String, Origin)>,
        name: &'static str,
    ) -> Option<(String, Origin)> {
        let line = |entry: &Entry, key: String| {
            let origin = Origin::Line(self.file.shown(), entry.line, key);
            (entry.text.clone(), origin)
        };
        let in_context = |named: bool| {
            let (context, origin) = context?;
            let entry = self.file.contexts.get(context)?.get(name)?;
            let context = text::clean(context);
            (named == matches!(origin, Origin::Flag(_)))
                .then(|| line(entry, format!("contexts.{context}.{name}")))
        };
        match level {
            Level::Flag => {
                let flags = &self.flags.place;
                let flag = match name {
                    "region" => &flags.region,
                    "endpoint" => &flags.endpoint,
                    "profile" => &flags.profile,
                    "workspace" => &flags.workspace,
                    _ => &flags.namespace,
                };
                Some((flag.clone()?, Origin::Flag(name)))
            }
            Level::Named => in_context(true),
            Level::Environment => {
                let variable = variable(name);
                Some((self.environment.get(&variable)?, Origin::Variable(variable)))
            }
            Level::Current => in_context(false),
            Level::File => Some(line(self.file.values.get(name)?, name.to_owned())),
        }
    }

    fn first_value(
        &self,
        context: Option<&(String, Origin)>,
        name: &'static str,
    ) -> Option<(String, Origin)> {
        PRECEDENCE.iter().find_map(|&level| self.value_at(level, context, name))
    }

    fn profile(
        &self,
        context: Option<&(String, Origin)>,
        origins: &mut Origins,
    ) -> Result<Option<Profile>, Error> {
        for level in PRECEDENCE {
            if let Some((name, origin)) = self.value_at(level, context, "profile") {
                let profile = Profile::new(&name).map_err(|why| Error::of(&origin, &why))?;
                origins.insert("profile", origin);
                return Ok(Some(profile));
            }
            // The credentials chain reads this variable itself.
            let vendors = "ALIBABA_CLOUD_PROFILE";
            if level == Level::Environment && self.environment.get(vendors).is_some() {
                origins.insert("profile", Origin::Variable(vendors.to_owned()));
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// The endpoint from the first level that names an endpoint or a region; the endpoint beats the
    /// region of the same level.
    fn endpoint(
        &self,
        context: Option<&(String, Origin)>,
        profile: Option<&Profile>,
        origins: &mut Origins,
    ) -> Result<Option<Endpoint>, Error> {
        let mut take = |endpoint: Result<Endpoint, _>, name: &'static str, origin: Origin| {
            let endpoint = endpoint.map_err(|why| Error::of(&origin, &why))?;
            origins.insert(name, origin);
            Ok(Some(endpoint))
        };
        for level in PRECEDENCE {
            if let Some((url, origin)) = self.value_at(level, context, "endpoint") {
                return take(
                    Endpoint::of_url(&url, self.flags.polling.allow_http),
                    "endpoint",
                    origin,
                );
            }
            let region = self.value_at(level, context, "region").or_else(|| {
                let mut names = REGION_VARIABLES.iter().filter(|_| level == Level::Environment);
                names.find_map(|name| {
                    Some((self.environment.get(name)?, Origin::Variable((*name).to_owned())))
                })
            });
            if let Some((region, origin)) = region {
                return take(Endpoint::of_region(&region), "region", origin);
            }
        }
        match (self.region_of)(profile.map(Profile::as_str))? {
            Some(region) => take(Endpoint::of_region(&region), "region", Origin::Profile),
            None => Ok(None),
        }
    }
}
