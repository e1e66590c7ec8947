//! The INI file of the vendor's SDKs.
//!
//! The syntax is that of the Python SDK: case-insensitive keys, `=` or `:`, indented continuation
//! lines, comment lines with `#` or `;`. A value ends at its first `#`.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use secrecy::zeroize::Zeroizing;

use super::{
    CliProfile, CredentialSource, Credentials, CredentialsError, Declined, Provider, Role,
};
use crate::util::environment::Environment;
use crate::util::quote::{quotable, quoted_or};
use crate::util::small_file;

const PROFILE_VARIABLE: &str = "ALIBABA_CLOUD_PROFILE";
const FILE_VARIABLE: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";

/// Under the home directory: the Python and Java SDKs' file, then the Go and Node SDKs'.
const DEFAULT_FILES: [&str; 2] = [".alibabacloud/credentials.ini", ".alibabacloud/credentials"];

type Section = BTreeMap<String, Zeroizing<String>>;

/// The section that `ALIBABA_CLOUD_PROFILE` names, or `default`, of the file that
/// `ALIBABA_CLOUD_CREDENTIALS_FILE` names, or of the default one.
#[derive(Debug)]
pub struct Ini(Environment);

impl Ini {
    pub fn new(environment: Environment) -> Self {
        Self(environment)
    }

    /// Returns the selected section. The chain tries the CLI's profiles first, so a name without a
    /// section here does not exist anywhere.
    ///
    /// # Errors
    /// The file or the section does not exist, or the file is damaged.
    pub(super) fn section(&self) -> Result<Section, Declined> {
        let named = self.0.get(PROFILE_VARIABLE);
        let name = named.as_deref().unwrap_or("default");
        let missing = |why: String| match &named {
            None => Declined::Skipped(why),
            Some(named) => Declined::Failed(
                CredentialsError::new(format!(
                    "the profile {}, which {PROFILE_VARIABLE} names, is nowhere: {}, and {why}",
                    quoted_or(named, "of another name"),
                    self.why_cli_skipped()
                ))
                .withdrawn(),
            ),
        };
        let file = self.name();
        let Some(text) = self.read()? else {
            let [first, second] = DEFAULT_FILES;
            return Err(missing(format!("there is no ~/{first} and no ~/{second}")));
        };
        let mut sections = parse(text.trim_start_matches('\u{feff}'))
            .map_err(|line| CredentialsError::new(format!("{file} is damaged at line {line}")))?;
        sections.remove(name).ok_or_else(|| missing(no_section(&file, name)))
    }

    /// Why the chain skipped the `aliyun` CLI's profile before this provider.
    fn why_cli_skipped(&self) -> String {
        match CliProfile::new(self.0.clone(), None).source() {
            Err(Declined::Skipped(why)) => why,
            _ => "it is none of the `aliyun` CLI's".to_owned(),
        }
    }

    /// The file's text; `None` if the default file does not exist.
    fn read(&self) -> Result<Option<Zeroizing<String>>, CredentialsError> {
        for path in self.files() {
            match small_file::read_text(&path) {
                Ok(text) => return Ok(Some(Zeroizing::new(text))),
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound
                        && self.0.get(FILE_VARIABLE).is_none() => {}
                Err(error) => {
                    let file = self.name();
                    return Err(CredentialsError::new(format!("{file} cannot be read: {error}")));
                }
            }
        }
        Ok(None)
    }
}

impl Provider for Ini {
    fn name(&self) -> String {
        let files = self.files();
        // A value that names no file may be a misplaced secret.
        if self.0.get(FILE_VARIABLE).is_some() && !files.iter().any(|file| file.exists()) {
            return format!("the file that {FILE_VARIABLE} names");
        }
        let file = files.iter().find(|file| file.exists()).or(files.first());
        let file = file.map(|file| file.display().to_string()).unwrap_or_default();
        let home = self.0.home().map(|home| home.display().to_string());
        match home.and_then(|home| Some(format!("~{}", file.strip_prefix(&home)?))) {
            Some(file) => file,
            None if file.is_empty() => format!("~/{}", DEFAULT_FILES[0]),
            None => file,
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        match (self.0.get(FILE_VARIABLE), self.0.home()) {
            (Some(file), _) => vec![file.into()],
            (None, Some(home)) => DEFAULT_FILES.map(|file| home.join(file)).into(),
            (None, None) => Vec::new(),
        }
    }

    fn source(&self) -> Result<CredentialSource, Declined> {
        let mut fields = SectionFields { file: self.name(), section: self.section()? };
        let kind = fields.required("type")?;
        Ok(match kind.as_str() {
            "access_key" => fields.keys()?,
            "ram_role_arn" => {
                CredentialSource::Assume { source: Box::new(fields.keys()?), role: fields.role()? }
            }
            "oidc_role_arn" => CredentialSource::Oidc {
                role: fields.role()?,
                provider_arn: fields.required("oidc_provider_arn")?,
                token_file: fields.required("oidc_token_file_path")?.into(),
            },
            "ecs_ram_role" => CredentialSource::EcsRamRole {
                role: fields.take("role_name"),
                wanted_by: Some("role_name"),
            },
            other => {
                let can = "access_key, ram_role_arn, oidc_role_arn and ecs_ram_role";
                let file = fields.file;
                let kind = quoted_or(other, "that it has");
                let why = format!("{file}: savepeek cannot use the type {kind}, only {can}");
                return Err(CredentialsError::new(why).into());
            }
        })
    }
}

/// A section's values, each of which is taken once.
struct SectionFields {
    file: String,
    section: Section,
}

impl SectionFields {
    fn take(&mut self, key: &str) -> Option<String> {
        let value = self.section.remove(key).filter(|value| !value.is_empty())?;
        Some(value.as_str().to_owned())
    }

    fn required(&mut self, key: &str) -> Result<String, CredentialsError> {
        let value = self.take(key);
        value.ok_or_else(|| {
            CredentialsError::new(format!("{}: the section has no {key}", self.file))
        })
    }

    fn keys(&mut self) -> Result<CredentialSource, CredentialsError> {
        Ok(CredentialSource::Keys(Credentials {
            access_key_id: self.required("access_key_id")?,
            access_key_secret: self.required("access_key_secret")?.into(),
            security_token: None,
            expires_at: None,
        }))
    }

    fn role(&mut self) -> Result<Role, CredentialsError> {
        Ok(Role {
            arn: self.required("role_arn")?,
            session_name: self.take("role_session_name"),
            policy: self.take("policy"),
            ..Role::default()
        })
    }
}

fn no_section(file: &str, name: &str) -> String {
    match quotable(name) {
        Some(name) => format!("{file} has no section [{name}]"),
        None => format!("{file} has no such section"),
    }
}

/// # Errors
/// The number of the first line that is malformed or before any section.
fn parse(text: &str) -> Result<BTreeMap<String, Section>, usize> {
    let mut sections = BTreeMap::<String, Section>::new();
    let mut section: Option<String> = None;
    // The key that an indented line continues, and how far it is indented itself.
    let mut open: Option<(String, usize)> = None;
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let value = |text: &str| text.split('#').next().unwrap_or_default().trim().to_owned();
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next())
            && trimmed.contains(']')
        {
            sections.entry(name.to_owned()).or_default();
            (section, open) = (Some(name.to_owned()), None);
            continue;
        }
        let Some(section) = section.as_ref().and_then(|name| sections.get_mut(name)) else {
            return Err(number + 1);
        };
        match &open {
            Some((key, before)) if indent > *before => {
                if let Some(longer) = section.get_mut(key) {
                    *longer = Zeroizing::new(format!("{}\n{}", **longer, value(trimmed)));
                }
            }
            _ => {
                let (key, rest) = trimmed.split_once(['=', ':']).ok_or(number + 1)?;
                let key = key.trim().to_ascii_lowercase();
                section.insert(key.clone(), Zeroizing::new(value(rest)));
                open = Some((key, indent));
            }
        }
    }
    Ok(sections)
}
