//! Which names a domain filter lets pass, and which filters are refused.

use std::error::Error;

use external_dns::{DomainFilter, DomainFilterError, dns_name};
use proptest::prelude::*;
use rstest::rstest;

#[rstest]
#[case::itself(&["example.com"], &[], "example.com", true)]
#[case::below(&["example.com"], &[], "a.b.example.com", true)]
#[case::beside(&["example.com"], &[], "notexample.com", false)]
#[case::above(&["example.com"], &[], "com", false)]
#[case::case_and_dot(&["Example.COM."], &[], "A.example.com.", true)]
#[case::dot_is_below_only(&[".example.com"], &[], "example.com", false)]
#[case::dot_is_below(&[".example.com"], &[], "a.example.com", true)]
#[case::exclusion_wins(&["example.com"], &["a.example.com"], "b.a.example.com", false)]
#[case::exclusion_alone(&[], &["example.org"], "example.com", true)]
#[case::nothing(&[], &[], "anything", true)]
#[case::only_blanks(&[" ", "."], &[], "anything", true)]
#[case::second_entry(&["example.org", " example.com "], &[], "example.com", true)]
#[case::punycode(&["bücher.example"], &[], "www.xn--bcher-kva.example", true)]
#[case::no_globs(&["*.example.com"], &[], "a.example.com", false)]
#[case::wildcard_record(&["example.com"], &[], "*.example.com", true)]
fn lists(
    #[case] include: &[&str],
    #[case] exclude: &[&str],
    #[case] name: &str,
    #[case] expected: bool,
) {
    assert_eq!(
        DomainFilter::lists(include, exclude).matches(name),
        expected
    );
}

#[rstest]
#[case::include("^app", "", "app.example.com", true)]
#[case::not_included("^app", "", "web.example.com", false)]
#[case::exclude("", "^app", "app.example.com", false)]
#[case::exclude_alone("", "^app", "web.example.com", true)]
#[case::exclusion_first("example", "^app", "app.example.com", false)]
#[case::canonical_name("^app.example.com$", "", "APP.example.com.", true)]
#[case::anywhere("ample", "", "app.example.com", true)]
fn expressions(
    #[case] include: &str,
    #[case] exclude: &str,
    #[case] name: &str,
    #[case] expected: bool,
) {
    let none: [&str; 0] = [];
    let filter = DomainFilter::new(none, none, include, exclude).unwrap();
    assert_eq!(filter.matches(name), expected);
}

#[rstest]
#[case::default("{}", "{}")]
#[case::null("null", "{}")]
#[case::unknown(r#"{"filters":["example.com"]}"#, "{}")]
#[case::sorted(
    r#"{"include":["b.com"," A.com."],"exclude":null}"#,
    r#"{"include":["a.com","b.com"]}"#
)]
#[case::expressions(
    r#"{"regexInclude":"^a","regexExclude":"b"}"#,
    r#"{"regexInclude":"^a","regexExclude":"b"}"#
)]
#[case::any_case(
    r#"{"INCLUDE":["a.com"],"RegexInclude":""}"#,
    r#"{"include":["a.com"]}"#
)]
fn wire_form(#[case] read: &str, #[case] written: &str) {
    let filter: DomainFilter = serde_json::from_str(read).unwrap();
    assert_eq!(serde_json::to_string(&filter).unwrap(), written);
}

#[rstest]
#[case::both(r#"{"include":["a.com"],"regexInclude":"^a"}"#)]
#[case::both_across(r#"{"exclude":["a.com"],"regexInclude":"^a"}"#)]
#[case::both_though_blank(r#"{"include":[" "],"regexExclude":"^a"}"#)]
#[case::invalid(r#"{"regexInclude":"("}"#)]
#[case::list_of_text(r#"{"include":"a.com"}"#)]
fn refused_on_the_wire(#[case] json: &str) {
    assert!(serde_json::from_str::<DomainFilter>(json).is_err());
}

/// Each of these compiles here and would end ExternalDNS at negotiation, or would be
/// read by it as something else.
#[rstest]
#[case::flag("(?x)a b", "flags")]
#[case::flag_in_group("(?u:a)", "flags")]
#[case::intersection("[a-z&&[^b]]", "nested")]
#[case::difference("[a-z--b]", "nested")]
#[case::nested_class("[a[bc]]", "nested")]
#[case::word_start(r"\b{start}app", "word boundary")]
#[case::word_end(r"app\>", "word boundary")]
#[case::number(r"\u0061", "number")]
#[case::number_in_class(r"[\u{61}-z]", "number")]
#[case::class_value(r"\p{script=Greek}", "Unicode classes")]
#[case::class_property(r"[\p{Uppercase}]", "Unicode classes")]
#[case::count("a{1001}", "1000")]
#[case::count_product("((a{100}){100})", "1000")]
#[case::double("a**", "parentheses")]
#[case::group_name("(?P<a.b>x)", "group")]
fn expressions_that_only_one_side_knows(#[case] pattern: &str, #[case] complaint: &str) {
    let none: [&str; 0] = [];
    let error = DomainFilter::new(none, none, pattern, "").unwrap_err();
    assert!(
        matches!(error, DomainFilterError::Incompatible { .. }),
        "{error}"
    );
    assert!(error.to_string().contains(pattern), "{error}");
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains(complaint), "{cause}");
}

#[rstest]
#[case("(?i)^APP")]
#[case(r"^[a-z0-9-]+\.(dev|prod)\.example\.com$")]
#[case("(?P<name>a){2,3}?")]
#[case("(?:a{2}){3}")]
#[case(r"[[:alpha:]]\pL\p{Greek}\p{Lu}\x{61}\x61\bapp\B\z")]
#[case(r"(?ims-U)a.b|c*?")]
#[case("(a{100}b){10}c{1000}")]
fn expressions_that_both_sides_know(#[case] pattern: &str) {
    let none: [&str; 0] = [];
    assert!(DomainFilter::new(none, none, "", pattern).is_ok());
}

#[rstest]
#[case::include(&["a.com"], &[])]
#[case::exclude(&[], &["a.com"])]
fn lists_and_expressions_exclude_each_other(#[case] include: &[&str], #[case] exclude: &[&str]) {
    let error = DomainFilter::new(include, exclude, "", "^a").unwrap_err();
    assert!(matches!(error, DomainFilterError::ListsAndRegexes));
    // A list of nothing is no list.
    assert!(
        DomainFilter::new([" "], ["."], "^a", "")
            .unwrap()
            .is_configured()
    );
}

#[rstest]
#[case("  App.Example.COM  ", "app.example.com.", "  app.example.com  ")]
#[case("app.example.com.", "app.example.com.", "app.example.com")]
#[case("*.example.com", "*.example.com.", "*.example.com")]
#[case("_acme.example.com", "_acme.example.com.", "_acme.example.com")]
#[case("straße.example", "strasse.example.", "straße.example")]
#[case("點看.org.", "xn--c1yn36f.org.", "點看.org")]
#[case(
    "nordic-ø.kitty😸.COM",
    "xn--nordic--w1a.xn--kitty-pd34d.com.",
    "nordic-ø.kitty😸.com"
)]
#[case(
    "nordic-ø.xn--kitty-點看pd34d.com",
    "xn--nordic--w1a.xn--xn--kitty-pd34d-hn01b3542b.com.",
    "nordic-ø.xn--kitty-點看pd34d.com"
)]
#[case("a。b", "a.b.", "a.b")]
#[case("xn--a.１２.com", "xn--a.12.com.", "\u{80}.12.com")]
#[case("", ".", "")]
fn canonical_names(#[case] name: &str, #[case] ascii: &str, #[case] unicode: &str) {
    assert_eq!(dns_name::ascii(name), ascii);
    assert_eq!(dns_name::unicode(name), unicode);
}

proptest! {
    #[test]
    fn canonical_names_are_canonical(name in "[A-Za-zß點é*_.-]{0,20}") {
        let ascii = dns_name::ascii(&name);
        prop_assert!(ascii.ends_with('.'));
        prop_assert_eq!(dns_name::ascii(&ascii), ascii.clone());
    }

    #[test]
    fn any_text_has_canonical_forms(name in ".{0,20}") {
        prop_assert!(dns_name::ascii(&name).ends_with('.'));
        dns_name::unicode(&name);
    }

    #[test]
    fn an_entry_covers_itself_and_what_is_below(
        domain in "[a-z]{1,5}(\\.[a-z]{1,5}){0,2}",
        label in "[a-z]{1,5}",
    ) {
        let none: [&str; 0] = [];
        let filter = DomainFilter::lists([domain.as_str()], none);
        prop_assert!(filter.matches(&domain));
        let below = format!("{label}.{domain}");
        prop_assert!(filter.matches(&below));
        let beside = format!("{label}{domain}");
        prop_assert!(!filter.matches(&beside));
        let excluded = DomainFilter::lists(none, [domain.as_str()]);
        prop_assert!(!excluded.matches(&below));
        prop_assert!(excluded.matches(&beside));
    }

    #[test]
    fn the_wire_form_means_the_same(
        // One trailing dot is taken off per reading, as by ExternalDNS, so two are no fixpoint.
        include in proptest::collection::vec("[a-zA-Z.]{0,5}[a-zA-Z][.]?", 0..3),
        exclude in proptest::collection::vec("[a-zA-Z.]{0,5}[a-zA-Z][.]?", 0..3),
        name in "[a-z.]{0,8}",
    ) {
        let filter = DomainFilter::lists(&include, &exclude);
        let json = serde_json::to_string(&filter).unwrap();
        let read: DomainFilter = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read.matches(&name), filter.matches(&name));
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }
}
