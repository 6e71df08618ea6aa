//! A JSON Schema of all files, for editors and for checking a values.yaml: an object by file name, then by key.

use crate::{
    options::{File, Format, Row, Sections, files},
    value::Kind,
};
use serde_json::{Map, Value as Json, json};

/// The schema (draft 2020-12).
pub fn schema() -> Json {
    let described: Map<String, Json> = files().map(|file| (file.name.to_owned(), of_file(file))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration files that Carrel reads",
        "type": "object",
        "properties": described,
        "additionalProperties": false,
    })
}

fn of_file(file: &File) -> Json {
    let mut schema = match file.format {
        Format::Ini(Sections::None) => object(file.options()),
        Format::Ini(Sections::Named(names)) => named(file, names),
        Format::Ini(Sections::Who | Sections::Ids) => {
            json!({ "type": "object", "additionalProperties": object(file.options()) })
        }
        Format::Names => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Format::Dcf | Format::Blocks => json!({ "type": "array", "items": object(file.options()) }),
        Format::Lines(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Format::Json => json!({ "type": ["object", "array"] }),
        Format::Template(_) | Format::Opaque => json!({ "type": "string" }),
        Format::Folder => json!({ "type": "object" }),
    };
    schema["description"] = file.meaning.into();
    schema
}

/// Keys without a section stand beside the sections. A repeated section is an array of objects.
fn named(file: &File, names: &[&str]) -> Json {
    let mut schema = object(file.options().filter(|row| row.section.is_empty()));
    for name in names.iter().filter(|name| !name.is_empty()) {
        let section = object(file.options().filter(|row| row.section == *name));
        schema["properties"][*name] = json!({ "oneOf": [section, { "type": "array", "items": section }] });
    }
    schema
}

fn object(rows: impl Iterator<Item = &'static Row>) -> Json {
    let (mut keys, mut families) = (Map::new(), Map::new());
    for row in rows {
        match row.family() {
            Some(prefix) => families.insert(format!("^{prefix}"), of_row(row)),
            None => keys.insert(row.key.to_owned(), of_row(row)),
        };
    }
    let mut schema = json!({ "type": "object", "properties": keys, "additionalProperties": false });
    if !families.is_empty() {
        schema["patternProperties"] = families.into();
    }
    schema
}

fn of_row(row: &Row) -> Json {
    let one = of_kind(row.kind);
    let mut schema = if row.repeats { json!({ "oneOf": [one, { "type": "array", "items": one }] }) } else { one };
    let unit = if row.unit.is_empty() { String::new() } else { format!(" In {}.", row.unit) };
    schema["description"] = format!("{}{unit}", row.meaning).into();
    if let Some(default) = row.default_value() {
        schema["default"] = serde_json::to_value(default).unwrap_or_default();
    }
    if row.secret {
        schema["writeOnly"] = true.into();
    }
    schema
}

fn of_kind(kind: Kind) -> Json {
    match kind {
        Kind::Flag => json!({ "enum": [0, 1, true, false, "0", "1", "true", "false"] }),
        Kind::Whole(min, max) => json!({ "type": ["integer", "string"], "minimum": min, "maximum": max }),
        Kind::Decimal(min, max) if max < f64::MAX => {
            json!({ "type": ["number", "string"], "minimum": min, "maximum": max })
        }
        Kind::Decimal(min, _) => json!({ "type": ["number", "string"], "minimum": min }),
        Kind::Text | Kind::Path | Kind::Host => json!({ "type": ["string", "number"] }),
        Kind::Url => json!({ "type": "string", "pattern": "^https?://" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Words | Kind::Some(_) => json!({ "type": ["string", "array"], "items": { "type": "string" } }),
        Kind::Environment => json!({ "type": ["object", "string"] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn a_schema_says_type_default_and_bounds_of_an_option() {
        let schema = schema();
        let port = &schema["properties"]["rserver.conf"]["properties"]["www-port"];
        assert_eq!((&port["default"], &port["minimum"], &port["maximum"]), (&json!(8787), &json!(1), &json!(65535)));
        let cluster = &schema["properties"]["launcher.conf"]["properties"]["cluster"]["oneOf"][1]["items"];
        assert_eq!(cluster["properties"]["type"]["enum"][1], "Kubernetes");
        assert!(schema["properties"]["rserver.conf"]["patternProperties"]["^auth-saml-"].is_object());
        assert_eq!(schema["properties"]["database.conf"]["properties"]["password"]["writeOnly"], true);
    }

    #[test]
    fn every_default_of_the_schema_is_one_that_the_schema_allows() {
        for row in files().flat_map(File::options).filter(|row| !row.default.is_empty()) {
            let (default, kind) = (row.default_value().unwrap(), of_kind(row.kind));
            let fits = match &default {
                Value::Flag(_) => kind["enum"].as_array().unwrap().contains(&json!(default)),
                Value::Whole(_) | Value::Decimal(_) => kind["minimum"].as_f64() <= json!(default).as_f64(),
                Value::Text(text) => kind["enum"].as_array().is_none_or(|words| words.contains(&json!(text))),
                Value::List(_) => kind["items"].is_object(),
            };
            assert!(fits, "{}: {default}", row.key);
        }
    }
}
