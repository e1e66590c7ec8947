//! Where to ask, and as whom: flags, environment, contexts and profile taken together.

use super::context::Context;
use super::file::{Entry, File};
use super::flags::Shared;
use super::layers::{Origin, Origins, variable};
use super::nearest::did_you_mean;
use super::{Error, Region};
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{Namespace, Place, Profile, Workspace};
use crate::util::environment::Environment;
use crate::util::quote::quoted_or;
use crate::util::text;

/// Variables that name a region, as the vendor's own tools read them.
const REGIONS: [&str; 3] =
    ["ALIBABA_CLOUD_REGION_ID", "ALIBABACLOUD_REGION_ID", "ALICLOUD_REGION_ID"];

/// Who says something, and whom it is said to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// A flag.
    Flag,
    /// The context that `--context` names.
    Named,
    /// A variable.
    Environment,
    /// The context that is named elsewhere.
    Current,
    /// The top of the file.
    File,
}

/// From what beats to what is beaten.
const ORDER: [Level; 5] =
    [Level::Flag, Level::Named, Level::Environment, Level::Current, Level::File];

/// A place, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct PartialPlace {
    /// The service to ask.
    pub endpoint: Option<Endpoint>,
    /// The workspace.
    pub workspace: Option<Workspace>,
    /// The namespace as it was given: whether it can name one is found out where it is used.
    pub namespace: Option<String>,
    /// The profile that was asked for by name.
    pub profile: Option<Profile>,
    /// Where they come from.
    pub origins: Origins,
}

impl PartialPlace {
    /// As a form would be filled with it: service, workspace, namespace, profile.
    pub fn fields(&self) -> [String; 4] {
        [
            self.endpoint.as_ref().map(|endpoint| endpoint.form_text().to_owned()),
            self.workspace.as_ref().map(ToString::to_string),
            self.namespace.clone(),
            self.profile.as_ref().map(ToString::to_string),
        ]
        .map(Option::unwrap_or_default)
    }

    /// Where a value comes from, in words.
    pub fn origin(&self, name: &str) -> String {
        self.origins.get(name).map(ToString::to_string).unwrap_or_default()
    }

    /// Where the endpoint, or the region that stands for it, comes from.
    pub fn origin_of_endpoint(&self) -> String {
        let name = if self.origins.contains_key("endpoint") { "endpoint" } else { "region" };
        self.origin(name)
    }

    /// The place.
    ///
    /// # Errors
    /// What is missing, or cannot name a namespace.
    pub fn complete(&self) -> Result<Place, Error> {
        let (endpoint, workspace, namespace) = self.parts()?;
        let namespace = Namespace::new(&namespace)?;
        Ok(Place { endpoint, workspace, namespace, profile: self.profile.clone() })
    }

    /// All that was said of it.
    ///
    /// # Errors
    /// What is missing.
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

/// Everybody who may say where to ask.
pub struct PlaceResolver<'a> {
    /// The flags.
    pub flags: &'a Shared,
    /// The variables.
    pub environment: &'a Environment,
    /// The file.
    pub file: &'a File,
    /// Which region a profile names.
    pub region_of: &'a Region<'a>,
}

impl PlaceResolver<'_> {
    /// The context that holds at the start, and who names it.
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
        // What the file says must be right even where it does not matter.
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

    /// Where to ask, with that context.
    pub fn locate(&self, context: Option<&(String, Origin)>) -> Result<PartialPlace, Error> {
        let mut origins = Origins::new();
        let profile = self.profile(context, &mut origins)?;
        let endpoint = self.endpoint(context, profile.as_ref(), &mut origins)?;
        let workspace = self.first(context, "workspace").map(|(text, origin)| {
            let workspace = Workspace::new(&text).map_err(|why| Error::of(&origin, &why));
            origins.insert("workspace", origin);
            workspace
        });
        let namespace = self.first(context, "namespace").map(|(text, origin)| {
            // A line of the file can be mended right there.
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

    /// Every context as it would hold if `--context` named it, without other flags.
    pub fn contexts(&self) -> Result<Vec<Context>, Error> {
        let flags = Shared {
            region: None,
            endpoint: None,
            workspace: None,
            namespace: None,
            profile: None,
            ..self.flags.clone()
        };
        // A profile that cannot be read matters when its context is used.
        let region_of = |profile: Option<&str>| Ok((self.region_of)(profile).unwrap_or_default());
        let alone = PlaceResolver { flags: &flags, region_of: &region_of, ..*self };
        // What the file says at its top must be right even where something else is heard first.
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

    /// What one level says of a name.
    fn at(
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
                let flag = match name {
                    "region" => &self.flags.region,
                    "endpoint" => &self.flags.endpoint,
                    "profile" => &self.flags.profile,
                    "workspace" => &self.flags.workspace,
                    _ => &self.flags.namespace,
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

    fn first(
        &self,
        context: Option<&(String, Origin)>,
        name: &'static str,
    ) -> Option<(String, Origin)> {
        ORDER.iter().find_map(|&level| self.at(level, context, name))
    }

    fn profile(
        &self,
        context: Option<&(String, Origin)>,
        origins: &mut Origins,
    ) -> Result<Option<Profile>, Error> {
        for level in ORDER {
            if let Some((name, origin)) = self.at(level, context, "profile") {
                let profile = Profile::new(&name).map_err(|why| Error::of(&origin, &why))?;
                origins.insert("profile", origin);
                return Ok(Some(profile));
            }
            // For the chain of credentials, which has its own place for it.
            let vendors = "ALIBABA_CLOUD_PROFILE";
            if level == Level::Environment && self.environment.get(vendors).is_some() {
                origins.insert("profile", Origin::Variable(vendors.to_owned()));
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// On the first level that names either, the endpoint beats the region.
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
        for level in ORDER {
            if let Some((url, origin)) = self.at(level, context, "endpoint") {
                return take(Endpoint::of_url(&url, self.flags.allow_http), "endpoint", origin);
            }
            let region = self.at(level, context, "region").or_else(|| {
                let mut names = REGIONS.iter().filter(|_| level == Level::Environment);
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
