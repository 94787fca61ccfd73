//! How large an item is to DynamoDB, and what it costs to read it.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::store::Item;

/// Bytes of a read unit (DynamoDB Developer Guide, "DynamoDB read and write operations").
pub(crate) const READ_UNIT: u64 = 4096;

/// The size of an item in bytes, by the rules of the DynamoDB Developer Guide, "DynamoDB item sizes and formats": names and
/// strings by their length in UTF-8, a number by a byte for two digits and one more, a flag by one.
///
/// # Panics
///
/// If it has an attribute of a type that Latchgate doesn't write.
pub fn size(item: &Item) -> u64 {
    let size = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.trim_end_matches('0').len().div_ceil(2) + 1,
        AttributeValue::Bool(_) => 1,
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        other => panic!("Latchgate writes no {other:?}"),
    };
    item.iter().map(|(name, value)| (name.len() + size(value)) as u64).sum()
}

/// Read units of one consistent read, a Query for instance, that comes upon this many bytes: at least one.
pub fn read_units(bytes: u64) -> u64 {
    bytes.div_ceil(READ_UNIT).max(1)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{Bool, N, S, Ss};

    use super::*;

    #[test]
    fn sizes_are_those_of_the_developer_guide() {
        let item = Item::from([
            ("text".to_owned(), S("über".to_owned())),
            ("number".to_owned(), N("12300".to_owned())),
            ("flag".to_owned(), Bool(true)),
            ("set".to_owned(), Ss(vec!["a".to_owned(), "bc".to_owned()])),
        ]);
        assert_eq!(size(&item), (4 + 5) + (6 + 3) + (4 + 1) + (3 + 3));
        assert_eq!([0, 1, 4096, 4097].map(read_units), [1, 1, 1, 2]);
    }
}
