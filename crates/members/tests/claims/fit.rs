//! How many claims fit.

use members::claim::{arrange, read};
use members::marks;
use rstest::rstest;
use traffic_manager::tag::TAGS_MAX;

use crate::realistic::{ELSEWHERE, Naming, claims};
use crate::{NOW, Tags, at, by_endpoint, tags_of};

#[rstest]
#[case(0, Naming::Given)]
#[case(0, Naming::Derived)]
#[case(0, Naming::DerivedWithSet)]
#[case(ELSEWHERE, Naming::Given)]
#[case(ELSEWHERE, Naming::Derived)]
#[case(ELSEWHERE, Naming::DerivedWithSet)]
fn forty_owners_with_five_endpoints_each_fit_one_profile(
    #[case] first: u64,
    #[case] naming: Naming,
) {
    let mut tags = Tags::new();
    let mut all = Vec::new();
    for owner in first..first + 40 {
        let own = claims(owner, 5, naming);
        let needed = tags_of(&own);
        assert_eq!(needed.len(), 1, "{needed:#?}");
        tags.extend(needed);
        all.extend(own);
    }
    assert!(tags.len() + marks::USUAL <= TAGS_MAX);
    let mut held = read(&tags);
    held.sort_by(|a, b| (&a.owner, &a.endpoint).cmp(&(&b.owner, &b.endpoint)));
    all.sort_by(|a, b| (&a.owner, &a.endpoint).cmp(&(&b.owner, &b.endpoint)));
    assert_eq!(held, all);
    let longest = tags.values().map(String::len).max();
    assert!(longest <= Some(232), "{longest:?}");
}

#[rstest]
#[case::sixty(60, Naming::Given)]
#[case::two_hundred(200, Naming::Given)]
#[case::two_hundred_derived(200, Naming::Derived)]
#[case::two_hundred_with_set(200, Naming::DerivedWithSet)]
fn one_owner_may_have_them_all(#[case] count: usize, #[case] naming: Naming) {
    let own = claims(3, count, naming);
    let tags = tags_of(&own);
    arrange(&own[0].owner, &own, &tags, at(NOW)).unwrap();
    let held = read(&tags);
    assert_eq!(by_endpoint(held), by_endpoint(own));
    assert!(tags.len() + marks::USUAL <= TAGS_MAX, "{} tags", tags.len());
}
