//! Progress bars; silent if standard error is not a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `length` steps.
pub(crate) fn bar(length: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{msg:24} {bar:40} {pos}/{len} {elapsed}, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}
