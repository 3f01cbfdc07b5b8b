//! The domain filter: four settings, one value.

use std::error::Error as _;

use external_dns::{DomainFilter, DomainFilterError};

use super::ServeArgs;
use super::error::Problem;
use super::field::{self, Field};
use super::parse;
use super::reader::{Given, Reader, joined};

impl Reader<'_> {
    /// ExternalDNS's rule: either lists or expressions, because it refuses to start when it is told both.
    pub(super) fn domain_filter(&mut self, args: &ServeArgs) -> Option<DomainFilter> {
        let domains = joined(&args.domain_filter);
        let include = self.given(field::DOMAIN_FILTER, domains.as_deref()).value();
        let domains = joined(&args.exclude_domain_filter);
        let exclude = self
            .given(field::EXCLUDE_DOMAIN_FILTER, domains.as_deref())
            .value();
        let regex = args.regexp_domain_filter.as_deref();
        let regex_include = self.given(field::REGEXP_DOMAIN_FILTER, regex).value();
        let regex = args.regexp_domain_filter_exclusion.as_deref();
        let regex_exclude = self
            .given(field::REGEXP_DOMAIN_FILTER_EXCLUSION, regex)
            .value();

        let lists_field = if include.is_some() {
            field::DOMAIN_FILTER
        } else {
            field::EXCLUDE_DOMAIN_FILTER
        };
        let regex_field = if regex_include.is_some() {
            field::REGEXP_DOMAIN_FILTER
        } else {
            field::REGEXP_DOMAIN_FILTER_EXCLUSION
        };
        self.check_regex(field::REGEXP_DOMAIN_FILTER, regex_include.as_ref());
        self.check_regex(
            field::REGEXP_DOMAIN_FILTER_EXCLUSION,
            regex_exclude.as_ref(),
        );

        let text = |given: Option<Given>| given.map(|given| given.text).unwrap_or_default();
        let (include, exclude) = (text(include), text(exclude));
        let filter = DomainFilter::new(
            parse::list(&include),
            parse::list(&exclude),
            &text(regex_include),
            &text(regex_exclude),
        );
        match filter {
            Ok(filter) => Some(filter),
            Err(DomainFilterError::ListsAndRegexes) => {
                self.problems.push(Problem::Conflict {
                    first: lists_field,
                    second: regex_field,
                    reason: "ExternalDNS accepts domain lists or regular expressions, not both; give one kind"
                        .to_owned(),
                });
                None
            }
            // An expression that is not usable: found when it was checked by itself.
            Err(_) => None,
        }
    }

    /// Checks one expression by itself, so that two wrong ones are two problems.
    fn check_regex(&mut self, field: Field, given: Option<&Given>) {
        let Some(given) = given else { return };
        if let Err(error) = DomainFilter::new(None::<&str>, None::<&str>, &given.text, "") {
            let cause = error
                .source()
                .map_or_else(|| error.to_string(), ToString::to_string);
            let reason = format!(
                "must be a regular expression that ExternalDNS understands: {}",
                one_line(&cause)
            );
            self.invalid(field, given.origin, &given.text, &reason);
        }
    }
}

/// The regular expression library draws its faults over several lines; the last one says what is wrong.
fn one_line(text: &str) -> String {
    let last = text
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or(text);
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
