//! One file or folder for each command.

pub mod cli;
pub mod doctor;
pub mod headless;
pub mod journal_print;
pub mod manual;
pub mod shift_report;
