//! References from one place of the document to another.

use serde_json::Value;

/// What stands at a pointer like `#/components/examples/login`, or the value itself, if it is no reference.
pub(super) fn resolve<'a>(text: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        None => value,
        Some(pointer) => {
            let found = text.pointer(pointer.strip_prefix('#').unwrap());
            found.unwrap_or_else(|| panic!("there is no {pointer}"))
        }
    }
}

/// The same with where it stands.
pub(super) fn place<'a>(text: &'a Value, value: &'a Value, at: &str) -> (&'a Value, String) {
    let named = value.get("$ref").and_then(Value::as_str).and_then(|pointer| pointer.strip_prefix('#'));
    (resolve(text, value), named.unwrap_or(at).to_owned())
}
