use std::io;

use super::{MAX_BYTES, MAX_DEPTH, MAX_INTEGER, MAX_VALUES, Value};

/// Whether a value keeps within what the parser takes.
pub(super) fn is_readable(value: &Value) -> bool {
    let mut values = 0;
    within_limits(value, 0, &mut values) && is_short(value)
}

fn within_limits(value: &Value, depth: usize, values: &mut usize) -> bool {
    *values += 1;
    let mut below = |item: &Value| within_limits(item, depth + 1, values);
    let within = match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Integer(number) => (-MAX_INTEGER..=MAX_INTEGER).contains(number),
        Value::Array(_) | Value::Object(_) if depth == MAX_DEPTH => false,
        Value::Array(items) => items.iter().all(&mut below),
        Value::Object(object) => object.values().all(&mut below),
    };
    within && *values <= MAX_VALUES
}

fn is_short(value: &Value) -> bool {
    let mut room = Room(MAX_BYTES);
    serde_json::to_writer(&mut room, value).is_ok()
}

/// Takes so many bytes, and keeps none.
struct Room(usize);

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
