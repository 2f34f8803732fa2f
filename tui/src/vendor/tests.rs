//! Whose function it is.

use super::*;

#[test]
fn libraries_and_php_s_own_are_told_from_the_application() {
    let vendors = Vendors::default();
    for library in [
        "Phalcon\\Mvc\\Application::handle",
        "\\Symfony\\Component\\Yaml\\Parser::parse",
        "phalcon\\Di::get",
        "PDOStatement::execute",
        "preg_match",
        "strlen",
        "usleep",
        "ArrayObject::offsetGet",
        "DateTimeImmutable::__construct",
    ] {
        assert!(vendors.is_library(library), "{library}");
    }
    for own in [
        "main()",
        "Shop\\Pricing\\Rule::match",
        "CheckoutController::submitAction",
        "Shop\\strlen",
        "{closure}",
        "render_price",
        "load::index.php",
        "PhalconAdapter::get",
        "__other__",
    ] {
        assert!(!vendors.is_library(own), "{own}");
    }
}

#[test]
fn lists_are_sorted_where_they_are_searched_and_in_lower_case() {
    let mut sorted = FUNCTIONS.to_vec();
    sorted.sort_unstable();
    assert_eq!(FUNCTIONS, sorted);
    for name in FAMILIES.iter().chain(FUNCTIONS).chain(CLASSES) {
        assert_eq!(*name, name.to_lowercase());
    }
}

#[test]
fn settings_name_them_and_nonsense_is_refused() {
    let vendors = Vendors::read(" Acme\\Kit\\ , \\Other\\, ").expect("sound names");
    assert!(vendors.is_library("Acme\\Kit\\Http::get") && vendors.is_library("other\\It::is"));
    assert!(!vendors.is_library("Acme\\Shop::index") && !vendors.is_library("strlen"));
    assert_eq!(Vendors::read(DEFAULT), Ok(Vendors::default()));
    let error = Vendors::read("Phalcon\\, 7up").expect_err("no name");
    assert!(error.starts_with("\"7up\" begins no PHP name; "), "{error}");
    let many = "a,".repeat(PREFIXES_MAX + 1);
    assert!(Vendors::read(&many).is_err());
}
