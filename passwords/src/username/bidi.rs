//! Names in scripts that are written from right to left.

use icu_properties::{CodePointMapData, props::BidiClass as Class};

/// Whether the name can't be mistaken for another that looks the same (the Bidi rule of RFC 5893 section 2).
/// It applies to the whole name, or to each part of an email address, since `דנה@example.com` has both
/// directions.
pub(super) fn is_orderly(name: &str) -> bool {
    satisfies_rule(name) || name.split(['@', '.']).all(satisfies_rule)
}

/// Whether a label satisfies the rule, which only restricts labels with right-to-left characters.
fn satisfies_rule(label: &str) -> bool {
    let classes: Vec<Class> = label.chars().map(class).collect();
    if !classes
        .iter()
        .any(|class| matches!(*class, Class::RightToLeft | Class::ArabicLetter | Class::ArabicNumber))
    {
        return true;
    }
    // The last character before the final marks.
    let last = classes.iter().rev().find(|class| **class != Class::NonspacingMark).copied();
    match classes.first().copied() {
        Some(Class::RightToLeft | Class::ArabicLetter) => {
            let has = |wanted| classes.contains(&wanted);
            classes.iter().all(|class| is_neutral(*class) || is_right_to_left(*class))
                && last.is_some_and(|last| last == Class::EuropeanNumber || is_right_to_left(last))
                && !(has(Class::EuropeanNumber) && has(Class::ArabicNumber))
        }
        // A name that begins from left to right must not contain the other direction.
        _ => false,
    }
}

fn is_right_to_left(class: Class) -> bool {
    matches!(class, Class::RightToLeft | Class::ArabicLetter | Class::ArabicNumber)
}

fn is_neutral(class: Class) -> bool {
    matches!(
        class,
        Class::EuropeanNumber
            | Class::EuropeanSeparator
            | Class::CommonSeparator
            | Class::EuropeanTerminator
            | Class::OtherNeutral
            | Class::BoundaryNeutral
            | Class::NonspacingMark
    )
}

fn class(c: char) -> Class {
    const { CodePointMapData::<Class>::new() }.get(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_in_one_direction_or_each_of_its_parts_does() {
        for good in
            ["ada", "1ada", "דנה", "دانا١", "דנה7", "דנה@example.com", "דנה.כהן@example.com", "د.ب@مثال"]
        {
            assert!(is_orderly(good), "{good}");
        }
        for bad in ["adaד", "דada", "1דנה", "דנה-", "د1١", "ada@דנהx", "ad\u{5d0}a@x"] {
            assert!(!is_orderly(bad), "{bad}");
        }
    }
}
