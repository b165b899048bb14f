//! SEPA's characters (EPC217-08): the letters a to z in both cases, digits, `/ - ? : ( ) . , ' +` and the blank.

/// A text in SEPA's characters, trimmed, with line breaks replaced by blanks.
///
/// German letters are written as two (`ä` as `ae`, `ß` as `ss`), other accented letters without their accents,
/// Greek and Cyrillic ones by sound, `&` as `+`, brackets as parentheses, quotes as `'`, dashes and `_` as `-`, `;` as
/// `,`, `€` as `EUR`. Other characters become a point.
pub fn to_sepa_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for mark in text.trim().chars() {
        match mark {
            mark if is_sepa(mark) => out.push(mark),
            mark if mark.is_whitespace() => out.push(' '),
            _ => out.push_str(counterpart(mark)),
        }
    }
    out
}

/// Whether a character is one of SEPA's.
pub(super) fn is_sepa(mark: char) -> bool {
    mark.is_ascii_alphanumeric() || matches!(mark, '/' | '-' | '?' | ':' | '(' | ')' | '.' | ',' | '\'' | '+' | ' ')
}

fn counterpart(mark: char) -> &'static str {
    latin(mark).or_else(|| greek(mark)).or_else(|| cyrillic(mark)).or_else(|| sign(mark)).unwrap_or(".")
}

fn latin(mark: char) -> Option<&'static str> {
    Some(match mark {
        'ä' | 'æ' | 'ǽ' => "ae",
        'Ä' | 'Æ' | 'Ǽ' => "Ae",
        'ö' | 'œ' => "oe",
        'Ö' | 'Œ' => "Oe",
        'ü' => "ue",
        'Ü' => "Ue",
        'ß' => "ss",
        'ẞ' => "SS",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' | 'ǻ' => "a",
        'À' | 'Á' | 'Â' | 'Ã' | 'Å' | 'Ā' | 'Ă' | 'Ą' | 'Ǻ' => "A",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'Ç' | 'Ć' | 'Ĉ' | 'Ċ' | 'Č' => "C",
        'ď' | 'đ' | 'ð' => "d",
        'Ď' | 'Đ' | 'Ð' => "D",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'È' | 'É' | 'Ê' | 'Ë' | 'Ē' | 'Ĕ' | 'Ė' | 'Ę' | 'Ě' => "E",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'Ĝ' | 'Ğ' | 'Ġ' | 'Ģ' => "G",
        'ĥ' | 'ħ' => "h",
        'Ĥ' | 'Ħ' => "H",
        'ì' | 'í' | 'î' | 'ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'Ĩ' | 'Ī' | 'Ĭ' | 'Į' | 'İ' => "I",
        'ĵ' => "j",
        'Ĵ' => "J",
        'ķ' => "k",
        'Ķ' => "K",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'Ĺ' | 'Ļ' | 'Ľ' | 'Ŀ' | 'Ł' => "L",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'Ñ' | 'Ń' | 'Ņ' | 'Ň' => "N",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ø' | 'Ō' | 'Ŏ' | 'Ő' => "O",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'Ŕ' | 'Ŗ' | 'Ř' => "R",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'Ś' | 'Ŝ' | 'Ş' | 'Š' | 'Ș' => "S",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'Ţ' | 'Ť' | 'Ŧ' | 'Ț' => "T",
        'þ' => "th",
        'Þ' => "Th",
        'ù' | 'ú' | 'û' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'Ù' | 'Ú' | 'Û' | 'Ũ' | 'Ū' | 'Ŭ' | 'Ů' | 'Ű' | 'Ų' => "U",
        'ŵ' => "w",
        'Ŵ' => "W",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'Ý' | 'Ÿ' | 'Ŷ' => "Y",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        _ => return None,
    })
}

fn greek(mark: char) -> Option<&'static str> {
    Some(match mark {
        'α' | 'ά' => "a",
        'Α' | 'Ά' => "A",
        'β' => "v",
        'Β' => "V",
        'γ' => "g",
        'Γ' => "G",
        'δ' => "d",
        'Δ' => "D",
        'ε' | 'έ' => "e",
        'Ε' | 'Έ' => "E",
        'ζ' => "z",
        'Ζ' => "Z",
        'η' | 'ή' | 'ι' | 'ί' | 'ϊ' | 'ΐ' => "i",
        'Η' | 'Ή' | 'Ι' | 'Ί' | 'Ϊ' => "I",
        'θ' => "th",
        'Θ' => "Th",
        'κ' => "k",
        'Κ' => "K",
        'λ' => "l",
        'Λ' => "L",
        'μ' => "m",
        'Μ' => "M",
        'ν' => "n",
        'Ν' => "N",
        'ξ' => "x",
        'Ξ' => "X",
        'ο' | 'ό' | 'ω' | 'ώ' => "o",
        'Ο' | 'Ό' | 'Ω' | 'Ώ' => "O",
        'π' => "p",
        'Π' => "P",
        'ρ' => "r",
        'Ρ' => "R",
        'σ' | 'ς' => "s",
        'Σ' => "S",
        'τ' => "t",
        'Τ' => "T",
        'υ' | 'ύ' | 'ϋ' | 'ΰ' => "y",
        'Υ' | 'Ύ' | 'Ϋ' => "Y",
        'φ' => "f",
        'Φ' => "F",
        'χ' => "ch",
        'Χ' => "Ch",
        'ψ' => "ps",
        'Ψ' => "Ps",
        _ => return None,
    })
}

fn cyrillic(mark: char) -> Option<&'static str> {
    Some(match mark {
        'а' | 'ъ' => "a",
        'А' | 'Ъ' => "A",
        'б' => "b",
        'Б' => "B",
        'в' => "v",
        'В' => "V",
        'г' => "g",
        'Г' => "G",
        'д' => "d",
        'Д' => "D",
        'е' | 'ё' | 'э' => "e",
        'Е' | 'Ё' | 'Э' => "E",
        'ж' => "zh",
        'Ж' => "Zh",
        'з' => "z",
        'З' => "Z",
        'и' | 'і' => "i",
        'И' | 'І' => "I",
        'й' | 'ы' | 'ь' => "y",
        'Й' | 'Ы' => "Y",
        'к' => "k",
        'К' => "K",
        'л' => "l",
        'Л' => "L",
        'м' => "m",
        'М' => "M",
        'н' => "n",
        'Н' => "N",
        'о' => "o",
        'О' => "O",
        'п' => "p",
        'П' => "P",
        'р' => "r",
        'Р' => "R",
        'с' => "s",
        'С' => "S",
        'т' => "t",
        'Т' => "T",
        'у' => "u",
        'У' => "U",
        'ф' => "f",
        'Ф' => "F",
        'х' => "h",
        'Х' => "H",
        'ц' => "ts",
        'Ц' => "Ts",
        'ч' => "ch",
        'Ч' => "Ch",
        'ш' => "sh",
        'Ш' => "Sh",
        'щ' => "sht",
        'Щ' => "Sht",
        'ю' => "yu",
        'Ю' => "Yu",
        'я' => "ya",
        'Я' => "Ya",
        _ => return None,
    })
}

fn sign(mark: char) -> Option<&'static str> {
    Some(match mark {
        '&' => "+",
        '[' | '{' | '<' | '«' => "(",
        ']' | '}' | '>' | '»' => ")",
        '"' | '`' | '´' | '‘' | '’' | '“' | '”' | '„' => "'",
        '_' | '–' | '—' | '‐' | '−' | '~' => "-",
        ';' => ",",
        '€' => "EUR",
        '|' | '\\' => "/",
        _ => return None,
    })
}
