use super::*;

#[test]
fn an_application_name_gives_its_correlation_id() {
    let id = "6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f506";
    let name = format!("bv:{id}");
    let found = CorrelationId::from_application_name(&name, "bv:").map(|found| found.to_string());
    assert_eq!(found.as_deref(), Some(id));
}

#[test]
fn an_application_name_of_another_shape_gives_no_id() {
    for name in [
        "",
        "psql",
        "bv:",
        "bv:zzzz",
        "req:6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f506",
    ] {
        assert_eq!(
            CorrelationId::from_application_name(name, "bv:"),
            None,
            "{name}"
        );
    }
    let braced = "bv:{6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f506}";
    assert_eq!(CorrelationId::from_application_name(braced, "bv:"), None);
}

#[test]
fn a_bad_project_is_told_what_is_allowed() {
    let error = Project::try_new("shop!").unwrap_err().to_string();
    assert_eq!(
        error,
        "project: 1 to 64 of [A-Za-z0-9._-] is allowed, got \"shop!\""
    );
    assert!(Project::try_new("").is_err());
    assert!(Project::try_new("x".repeat(65)).is_err());
    assert!(Project::try_new("shop-2.eu_west").is_ok());
}

#[test]
fn a_host_has_no_control_characters() {
    assert!(Host::try_new("web1").is_ok());
    assert!(Host::try_new("web1\x1b[2J").is_err());
}
