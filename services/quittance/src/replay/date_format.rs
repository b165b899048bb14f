//! Dates by a strftime format, parsed strictly: every character must match, four digits in `%Y`,
//! one or two in `%m` and `%d`.

use anyhow::bail;
use chrono::NaiveDate;
use regex::{Regex, RegexBuilder};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// Two-digit years up to this one are in this century (POSIX).
const LAST_OF_THIS_CENTURY: i32 = 68;

/// A date format.
#[derive(Debug, Clone)]
pub(crate) struct DateFormat {
    pattern: Regex,
    has_full_year: bool,
}

impl DateFormat {
    /// Reads a format. It must contain day, month and year once each; times of day are allowed and ignored.
    pub(crate) fn parse(format: &str) -> anyhow::Result<Self> {
        let mut pattern = String::from("^(?:");
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c.is_whitespace() {
                while chars.next_if(|c| c.is_whitespace()).is_some() {}
                pattern.push_str(r"\s+");
            } else if c == '%' {
                pattern.push_str(&directive(chars.next())?);
            } else {
                pattern.push_str(&regex::escape(&c.to_string()));
            }
        }
        pattern.push_str(")$");
        let Ok(pattern) = RegexBuilder::new(&pattern).case_insensitive(true).build() else {
            bail!("{format:?} names a part twice");
        };
        let has = |name: &str| pattern.capture_names().flatten().any(|n| n == name);
        let has_full_year = has("year");
        if !(has_full_year || has("short_year")) || !(has("month") || has("name")) || !has("day") {
            bail!("{format:?} does not name a day, a month and a year");
        }
        Ok(Self { pattern, has_full_year })
    }

    /// The date of a text, if it matches and exists.
    pub(crate) fn read(&self, text: &str) -> Option<NaiveDate> {
        let found = self.pattern.captures(text)?;
        let number = |name: &str| found.name(name).and_then(|m| m.as_str().trim().parse::<u32>().ok());
        let year = if self.has_full_year {
            i32::try_from(number("year")?).ok()?
        } else {
            let short = i32::try_from(number("short_year")?).ok()?;
            short + if short <= LAST_OF_THIS_CENTURY { 2000 } else { 1900 }
        };
        let month = match found.name("name") {
            Some(name) => {
                let name = name.as_str().to_lowercase();
                u32::try_from(MONTHS.iter().position(|month| month.starts_with(&name))?).ok()? + 1
            }
            None => number("month")?,
        };
        NaiveDate::from_ymd_opt(year, month, number("day")?)
    }
}

fn directive(letter: Option<char>) -> anyhow::Result<String> {
    let names = |short: bool| MONTHS.map(|m| if short { &m[..3] } else { m }).join("|");
    Ok(match letter {
        Some('Y') => r"(?P<year>\d\d\d\d)".to_owned(),
        Some('y') => r"(?P<short_year>\d\d)".to_owned(),
        Some('m') => "(?P<month>1[0-2]|0[1-9]|[1-9])".to_owned(),
        Some('d') => r"(?P<day>3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9])".to_owned(),
        Some('b' | 'h') => format!("(?P<name>{})", names(true)),
        Some('B') => format!("(?P<name>{})", names(false)),
        Some('H') => r"(?:2[0-3]|[0-1]\d|\d)".to_owned(),
        Some('I') => "(?:1[0-2]|0[1-9]|[1-9])".to_owned(),
        Some('M') => r"(?:[0-5]\d|\d)".to_owned(),
        Some('S') => r"(?:6[0-1]|[0-5]\d|\d)".to_owned(),
        Some('f') => "(?:[0-9]{1,6})".to_owned(),
        Some('p') => "(?:am|pm)".to_owned(),
        Some('z') => r"(?:[+-]\d\d:?[0-5]\d|Z)".to_owned(),
        Some('F') => format!("{}-{}-{}", directive(Some('Y'))?, directive(Some('m'))?, directive(Some('d'))?),
        Some('T') => format!("{}:{}:{}", directive(Some('H'))?, directive(Some('M'))?, directive(Some('S'))?),
        Some('%') => "%".to_owned(),
        Some(other) => bail!("%{other} is not supported in a date format"),
        None => bail!("a date format ends in %"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, text: &str) -> Option<String> {
        DateFormat::parse(format).unwrap().read(text).map(|date| date.to_string())
    }

    #[test]
    fn one_and_two_digits_are_read_and_years_have_four() {
        assert_eq!(read("%m/%d/%Y", "1/26/2013").as_deref(), Some("2013-01-26"));
        assert_eq!(read("%m/%d/%Y", "01/06/2013").as_deref(), Some("2013-01-06"));
        for bad in ["1/26/13", "1/26/20133", "13/1/2013", "2/30/2013", "1/26/2013 ", "", "26/1/2013"] {
            assert_eq!(read("%m/%d/%Y", bad), None, "{bad}");
        }
    }

    #[test]
    fn names_times_and_short_years_are_read() {
        assert_eq!(read("%d-%b-%y", "03-Feb-69").as_deref(), Some("1969-02-03"));
        assert_eq!(read("%Y-%m-%d %H:%M:%S", "2020-02-29 00:00:00").as_deref(), Some("2020-02-29"));
        assert_eq!(read("%d %B %Y", "3 MAY 2021").as_deref(), Some("2021-05-03"));
    }

    #[test]
    fn formats_that_cannot_give_a_date_are_refused() {
        for bad in ["%Y-%m", "%q", "%", "%Y-%Y-%m-%d"] {
            assert!(DateFormat::parse(bad).is_err(), "{bad}");
        }
    }
}
