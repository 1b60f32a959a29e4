use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};

/// Prints rows under a header, aligned, without borders. Cells are escaped by the caller where they
/// hold text from elsewhere.
pub fn print_table(
    out: &mut dyn Write,
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(|title| title.to_uppercase()));
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Prints names and values, one pair a line, the values aligned.
pub fn print_fields(out: &mut dyn Write, fields: &[(&str, String)]) -> io::Result<()> {
    let width = fields
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    for (name, value) in fields {
        writeln!(out, "{}", format!("{name:width$}  {value}").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_plain_and_aligned() {
        let mut out = Vec::new();
        let rows = [
            vec!["a".to_owned(), "1".to_owned()],
            vec!["long".to_owned(), String::new()],
        ];
        print_table(&mut out, &["name", "n"], rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "NAME  N\na     1\nlong\n");
    }

    #[test]
    fn fields_line_up() {
        let mut out = Vec::new();
        print_fields(&mut out, &[("a", "1".to_owned()), ("bcd", "2".to_owned())]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a    1\nbcd  2\n");
    }
}
