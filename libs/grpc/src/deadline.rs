//! The deadline of a call.

use std::time::Duration;

use http::HeaderMap;

/// The longest a call may take, whatever its deadline.
pub(crate) const LONGEST: Duration = Duration::from_mins(2);
/// A call ends this much before the caller's own deadline, so that this server's response arrives, with its details.
const HEAD_START: Duration = Duration::from_millis(5);

/// Reads `grpc-timeout` (up to 8 digits and a unit: H, M, S, m, u or n). `None` if it is malformed.
pub(crate) fn timeout(headers: &HeaderMap) -> Duration {
    let Some(text) = headers.get("grpc-timeout").and_then(|value| value.to_str().ok()) else { return LONGEST };
    let Some((digits, unit)) = text.split_at_checked(text.len().saturating_sub(1)) else { return LONGEST };
    let Ok(count) = digits.parse::<u32>() else { return LONGEST };
    let count = u64::from(count);
    let requested = match unit {
        "H" => Duration::from_secs(count * 3_600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return LONGEST,
    };
    requested.saturating_sub(HEAD_START).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_and_garbage_is_no_deadline() {
        let read = |text: &str| {
            timeout(&HeaderMap::from_iter([(http::HeaderName::from_static("grpc-timeout"), text.parse().unwrap())]))
        };
        assert_eq!(read("1S"), Duration::from_millis(995));
        assert_eq!(read("100m"), Duration::from_millis(95));
        assert_eq!(read("1u"), Duration::ZERO);
        for garbage in ["99999999H", "", "S", "1x", "-1S", "1.5S"] {
            assert_eq!(read(garbage), LONGEST, "{garbage}");
        }
    }
}
