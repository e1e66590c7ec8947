//! stub until merge
/// pretty
pub fn pretty(raw: &str) -> String {
    raw.to_owned()
}
