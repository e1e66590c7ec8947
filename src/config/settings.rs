//! Settings: flags that a variable and a key of the file can stand for.
//!
//! A setting is one entry of [`settings!`] in [`flags`](super::flags). Its name is that of the flag and
//! of the key; the variable follows from it ([`variable`](super::layers::variable)). The entry also
//! has the default, how a text is read, and how `savepeek config` prints the value.

/// A setting in a group of flags.
pub struct Setting<G> {
    pub name: &'static str,
    /// Reads the text of a variable or of the file into its flag.
    pub read: fn(&mut G, &str) -> Result<(), String>,
    /// Returns the value in TOML; `None` if it is not set.
    pub print: fn(&G) -> Option<String>,
}

/// What the file has as a value.
#[derive(PartialEq)]
pub enum Shape {
    One,
    List,
}

/// A group of flags, all of which are settings.
pub trait Group: Clone + 'static {
    const SETTINGS: &'static [Setting<Self>];

    fn values(&self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        Self::SETTINGS.iter().map(|it| (it.name, (it.print)(self)))
    }
}

/// Declares groups of flags for clap, each flag as
/// `"name" => field: Type, Shape(how to read it, how to print it)`.
macro_rules! settings {
    ($($(#[$about:meta])* $group:ident {$(
        $(#[$flag:meta])*
        $name:literal => $field:ident: $type:ty, $shape:ident($read:expr, $print:expr);
    )*})*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Args)]
        pub struct $group {$(
            $(#[$flag])*
            #[arg(long = $name)]
            pub $field: $type,
        )*}

        impl Group for $group {
            const SETTINGS: &'static [Setting<Self>] = &[$(Setting {
                name: $name,
                read: |group, text| {
                    group.$field = ($read)(text).map_err(|why| why.to_string())?.into();
                    Ok(())
                },
                print: |group| Option::<&_>::from(&group.$field).map(|value| $print(value)),
            }),*];
        }
    )*

    /// The name of every setting, in the order of `savepeek config`.
    pub const NAMES: &[(&str, Shape)] = &[$($(($name, Shape::$shape)),*),*];
    };
}

pub(super) use settings;
