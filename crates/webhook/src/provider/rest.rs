//! Points of rest: where a plan may be left without leaving anything half done.
//! Pure.
//!
//! Some writes only make way for others: an endpoint is deleted to be created
//! again with what another one had, a priority is moved aside, a profile is
//! Weighted between two methods. A crash there is made good by the next loop;
//! who has a choice does not stop there.

use std::collections::BTreeSet;

use members::plan::{Gate, Step, Write};
use traffic_manager::EndpointName;

/// For each step, whether the plan may be left before it. Steps that only undo
/// a failure do not count.
pub(super) fn points(steps: &[Step]) -> Vec<bool> {
    (0..steps.len())
        .map(|at| {
            let (done, left) = steps.split_at(at);
            let touched: BTreeSet<_> = done.iter().filter_map(touches).collect();
            let unfinished = left
                .iter()
                .filter(|step| matches!(step.write, Write::PutEndpoint(_)))
                .filter_map(touches)
                .any(|member| touched.contains(member));
            let between_methods =
                done.iter().any(changes_method) && left.iter().any(changes_method);
            !unfinished && !between_methods
        })
        .collect()
}

/// The member whose endpoint a step writes or deletes, its own or one that
/// stands in its way.
fn touches(step: &Step) -> Option<&EndpointName> {
    let endpoint = matches!(
        step.write,
        Write::PutEndpoint(_) | Write::DeleteEndpoint(..)
    );
    step.member
        .as_ref()
        .filter(|_| endpoint && step.gate != Gate::Undo)
}

fn changes_method(step: &Step) -> bool {
    matches!(&step.write, Write::PatchProfile(patch) if patch.properties.traffic_routing_method.is_some())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rstest::rstest;
    use traffic_manager::EndpointKind;
    use traffic_manager::profile::{Endpoint, ProfilePatch, ProfilePatchProperties};

    use super::*;

    /// `+a` writes endpoint a, `-a` deletes it, `-a>b` deletes a for b, `~a` undoes, `m` changes the method, `s` other
    /// settings, `t` tags.
    fn step(text: &str) -> Step {
        let (kind, rest) = text.split_at(1);
        let (name, member) = rest.split_once('>').unwrap_or((rest, rest));
        let name = || name.parse().expect("a name");
        let put = || {
            Write::PutEndpoint(Box::new(Endpoint {
                name: Some(rest.to_owned()),
                ..Endpoint::default()
            }))
        };
        let patch = |method: Option<&str>| {
            let properties = ProfilePatchProperties {
                traffic_routing_method: method.map(str::to_owned),
                ..ProfilePatchProperties::default()
            };
            Write::PatchProfile(Box::new(ProfilePatch { properties }))
        };
        let (write, gate) = match kind {
            "+" => (put(), Gate::Alone),
            "~" => (put(), Gate::Undo),
            "-" => (
                Write::DeleteEndpoint(EndpointKind::External, name()),
                Gate::Alone,
            ),
            "m" => (patch(Some("Weighted")), Gate::Vital),
            "s" => (patch(None), Gate::Vital),
            _ => (Write::MergeTags(BTreeMap::new()), Gate::Vital),
        };
        Step {
            write,
            member: member.parse().ok(),
            gate,
        }
    }

    /// A dot where the plan may be left, a dash where not.
    #[rstest]
    #[case::one_after_the_other("t +a +b -c t", ".....")]
    #[case::a_target_is_swapped("t -a +b +a ~a t", "..--..")]
    #[case::a_priority_is_moved_aside("+a +b +a", ".--")]
    #[case::a_new_name_with_the_old_target("t -old>new +new ~old>new", "..-.")]
    #[case::a_new_name_beside_the_old_one("t +new -old>new t", "....")]
    #[case::through_another_method("t -a m +b +a m t", "..----.")]
    #[case::settings_only("t s +a m t", ".....")]
    fn plans(#[case] steps: &str, #[case] expected: &str) {
        let steps: Vec<_> = steps.split(' ').map(step).collect();
        let points: String = points(&steps)
            .into_iter()
            .map(|rest| if rest { '.' } else { '-' })
            .collect();
        assert_eq!(points, expected);
    }
}
