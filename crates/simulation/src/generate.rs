//! Random histories.
//!
//! Objects step on each other's toes as often as possible: few names, few
//! targets, few priorities, three profiles. Each history has a temper of its
//! own, so that some are about conflicts, some about other tools, some about
//! nothing but failing calls.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::history::{Deed, Hand, History, How, OWNERS, Step};
use crate::surroundings::mix;

/// More calls than a loop makes.
const WHOLE: u8 = 60;

/// What a history is like.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own"
)]
#[derive(Debug)]
struct Temper {
    owners: usize,
    objects: u8,
    profiles: u8,
    /// Of a hundred calls, so many meet a fault.
    faults: u32,
    /// Of a hundred steps, so many are done by others.
    others: u32,
    /// Of a hundred steps, so many end a process.
    kills: u32,
    /// Whether objects of different owners want the same things.
    disputes: bool,
    /// Whether annotations are mistyped.
    mistakes: bool,
    /// Whether routing methods other than Weighted and Priority occur.
    methods: bool,
    /// Whether clocks are off.
    skew: bool,
    /// Whether vanity records are made.
    records: bool,
}

struct Generator {
    random: StdRng,
    temper: Temper,
}

/// The history of a seed.
pub fn generate(seed: u64, owners: std::ops::RangeInclusive<usize>) -> History {
    let mut random = StdRng::seed_from_u64(mix(seed));
    let temper = Temper {
        owners: random.random_range(owners),
        objects: random.random_range(1..=4),
        profiles: random.random_range(1..=3),
        faults: *[0, 10, 25, 50].choose(&mut random).unwrap_or(&5),
        others: *[0, 0, 0, 6, 15].choose(&mut random).unwrap_or(&0),
        kills: *[0, 0, 2, 6].choose(&mut random).unwrap_or(&0),
        disputes: random.random_bool(0.5),
        mistakes: random.random_bool(0.3),
        methods: random.random_bool(0.35),
        skew: random.random_bool(0.3),
        records: random.random_bool(0.3),
    };
    let steps = random.random_range(12..40);
    let mut generator = Generator { random, temper };
    let mut history = History {
        seed,
        owners: generator.temper.owners,
        records: generator.temper.records,
        steps: Vec::new(),
    };
    for _ in 0..generator
        .random
        .random_range(1..=generator.temper.owners * 2)
    {
        let edit = generator.edit();
        history.steps.push(edit);
    }
    for _ in 0..steps {
        generator.step(&mut history.steps);
    }
    history
}

// === impl Generator ===

impl Generator {
    fn one_in(&mut self, count: u32) -> bool {
        self.random.random_range(0..count) == 0
    }

    fn pick(&mut self, values: &[&str]) -> String {
        (*values.choose(&mut self.random).unwrap_or(&"")).to_owned()
    }

    fn owner(&mut self) -> usize {
        self.random.random_range(0..self.temper.owners)
    }

    fn slot(&mut self) -> u8 {
        self.random.random_range(0..self.temper.objects)
    }

    fn profile(&mut self) -> String {
        let number = self.random.random_range(0..self.temper.profiles);
        format!("p{number}")
    }

    fn step(&mut self, steps: &mut Vec<Step>) {
        let Temper { others, kills, .. } = self.temper;
        let owner = self.owner();
        let dice = self.random.random_range(0..100);
        if dice < others {
            let step = if self.temper.records && self.one_in(2) {
                self.hand()
            } else {
                self.deed()
            };
            steps.push(step);
            return;
        }
        if self.random.random_range(0..100) < kills {
            steps.push(Step::Kill(owner, self.random.random()));
            return;
        }
        if self.temper.records && self.one_in(20) {
            self.closing_time(steps);
            return;
        }
        match self.random.random_range(0..100) {
            0..18 => {
                // Profiles have to end where their names matter.
                let rarely = if self.temper.records { 3 } else { 6 };
                let step = if self.one_in(rarely) {
                    Step::Remove(owner, self.slot())
                } else {
                    self.edit()
                };
                steps.push(step);
            }
            // A loop that ends, unless it meets a fault on the way.
            18..38 => {
                steps.push(Step::Run(owner));
                if self.random.random_range(0..100) < self.temper.faults {
                    let before = self.random.random_range(0..6);
                    steps.push(Step::Turn(owner, before));
                    let fault = self.fault(owner);
                    steps.push(fault);
                }
                steps.push(Step::Turn(owner, WHOLE));
            }
            // Loops that go on side by side.
            38..80 => {
                if self.random.random_bool(0.6) {
                    steps.push(Step::Run(owner));
                }
                let step = if self.random.random_range(0..100) < self.temper.faults {
                    self.fault(owner)
                } else {
                    Step::Turn(owner, self.random.random_range(1..5))
                };
                steps.push(step);
            }
            80..86 if self.temper.skew => {
                let seconds = *[-600, -120, -3, 0, 3, 120, 600]
                    .choose(&mut self.random)
                    .unwrap_or(&0);
                steps.push(Step::Skew(owner, seconds));
            }
            80..92 => {
                let seconds = *[1, 1, 2, 5, 12, 70].choose(&mut self.random).unwrap_or(&1);
                steps.push(Step::Pass(seconds));
            }
            _ => {
                let owners = 0..self.temper.owners;
                steps.extend(owners.map(|owner| Step::Turn(owner, WHOLE)));
                let seconds = *[60, 300, 660, 1_200, 4_000]
                    .choose(&mut self.random)
                    .unwrap_or(&60);
                steps.push(Step::Pass(seconds));
            }
        }
    }

    /// Everything goes, and time passes until its profiles may go too.
    fn closing_time(&mut self, steps: &mut Vec<Step>) {
        let owners = 0..self.temper.owners;
        for owner in owners.clone() {
            steps.extend((0..self.temper.objects).map(|slot| Step::Remove(owner, slot)));
        }
        for seconds in [4_000, 70, 400] {
            for owner in owners.clone() {
                steps.push(Step::Run(owner));
                if self.random.random_range(0..100) < self.temper.faults {
                    let fault = self.fault(owner);
                    steps.push(fault);
                }
                if !self.one_in(4) {
                    steps.push(Step::Turn(owner, WHOLE));
                }
            }
            steps.push(Step::Pass(seconds));
        }
        steps.extend(owners.map(Step::Run));
    }

    fn fault(&mut self, owner: usize) -> Step {
        let index = if self.one_in(3) {
            self.random.random_range(1..4)
        } else {
            0
        };
        let hows = [
            How::Fine,
            How::Refused(500),
            How::Refused(503),
            How::CutBefore,
            How::CutAfter,
            How::CutAfter,
            How::FailsAfter,
            How::Throttled(1),
            How::Throttled(5),
            How::Throttled(90),
            How::ThrottledSilently,
            How::Late(3),
            How::Late(30),
            How::Stale,
        ];
        let how = *hows.choose(&mut self.random).unwrap_or(&How::Fine);
        Step::Serve(owner, index, how)
    }

    fn edit(&mut self) -> Step {
        let owner = self.owner();
        let slot = self.slot();
        let mut changes = BTreeMap::new();
        let count = self.random.random_range(1..=4);
        for _ in 0..count {
            let (name, value) = self.annotation(owner, slot);
            changes.insert(name.to_owned(), value);
        }
        Step::Edit(owner, slot, changes)
    }

    fn annotation(&mut self, owner: usize, slot: u8) -> (&'static str, Option<String>) {
        let Temper {
            disputes,
            mistakes,
            methods,
            ..
        } = self.temper;
        let name = OWNERS.get(owner).copied().unwrap_or_default();
        if mistakes && self.one_in(6) {
            let mistakes = [
                ("weight", "heavy"),
                ("priority", "0"),
                ("enabled", "yes"),
                ("routing-method", "Random"),
                ("endpoint-status", "on"),
                ("target", "no name"),
                ("enabled", "true"),
                ("enabled", "false"),
                ("monitor-path", "health"),
                ("wieght", "1"),
            ];
            let (name, value) = *mistakes.choose(&mut self.random).unwrap_or(&("weight", ""));
            return (
                name,
                Some(value.replace(' ', "_")).filter(|_| !self.one_in(3)),
            );
        }
        if self.temper.records && self.one_in(3) {
            return self.record();
        }
        if methods && self.one_in(3) {
            return match self.random.random_range(0..6) {
                0 => (
                    "endpoint-location",
                    Some(self.pick(&["eastus", "West_Europe"]).replace('_', "")),
                ),
                1 => (
                    "geo-mapping",
                    Some(self.pick(&["DE", "FR,DE", "WORLD", "GEO-EU"])),
                ),
                2 => (
                    "subnets",
                    Some(self.pick(&["20.1.0.0/16", "20.1.2.0-20.1.2.9", "20.9.0.0/24"])),
                ),
                3 => ("target", Some("address".to_owned())),
                4 => (
                    "max-return",
                    Some("3".to_owned()).filter(|_| self.random.random_bool(0.2)),
                ),
                _ => {
                    let method = self.pick(&[
                        "Weighted",
                        "Priority",
                        "Performance",
                        "Geographic",
                        "Subnet",
                        "MultiValue",
                    ]);
                    ("routing-method", Some(method))
                }
            };
        }
        match self.random.random_range(0..20) {
            0..5 => ("weight", Some(self.pick(&["0", "1", "70", "100", "1000"]))),
            5..8 => ("profile-name", Some(self.profile())),
            8..11 => {
                let name = if disputes && self.random.random_bool(0.6) {
                    self.pick(&["e0", "e1", "e2"])
                } else {
                    format!("{name}-{}", self.random.random_range(0..4))
                };
                ("endpoint-name", Some(name).filter(|_| !self.one_in(5)))
            }
            11..13 => {
                let target = if disputes && self.random.random_bool(0.6) {
                    self.pick(&["t0.example.net", "t1.example.net", "t2.example.net"])
                } else {
                    let own = format!("own{}.{name}.example.net", self.random.random_range(0..3));
                    if slot == 0 {
                        own
                    } else {
                        "hostname".to_owned()
                    }
                };
                ("target", Some(target).filter(|_| !self.one_in(3)))
            }
            13..15 => {
                let priority = self.pick(&["1", "2", "3", "4"]);
                ("priority", Some(priority).filter(|_| !self.one_in(3)))
            }
            15 => ("endpoint-status", Some(self.pick(&["Enabled", "Disabled"]))),
            16 => ("health-checks-enabled", Some(self.pick(&["true", "false"]))),
            17 => ("dns-ttl", Some(self.pick(&["30", "60", "300"]))),
            18 => match self.random.random_range(0..10) {
                0 => ("monitor-path", Some(self.pick(&["/", "/health"]))),
                1 => (
                    "hostname",
                    Some("app.example.com".to_owned()).filter(|_| !self.one_in(3)),
                ),
                2 => ("profile-status", Some(self.pick(&["Enabled", "Disabled"]))),
                3 => ("monitor-interval", Some(self.pick(&["10", "30"]))),
                4 => ("monitor-timeout", Some(self.pick(&["5", "9", "10"]))),
                5 => ("monitor-tolerated-failures", Some(self.pick(&["0", "3"]))),
                6 => (
                    "monitor-expected-status-codes",
                    Some(self.pick(&["200-299,301", "204"])).filter(|_| !self.one_in(3)),
                ),
                7 => (
                    "monitor-host",
                    Some(self.pick(&["none", "probe.example.com"])).filter(|_| !self.one_in(3)),
                ),
                8 => ("traffic-view", Some(self.pick(&["true", "false"]))),
                _ => ("monitor-protocol", Some(self.pick(&["HTTP", "HTTPS"]))),
            },
            _ => ("routing-method", Some(self.pick(&["Weighted", "Priority"]))),
        }
    }

    /// An annotation about the vanity record.
    fn record(&mut self) -> (&'static str, Option<String>) {
        if self.random.random_bool(0.5) {
            let mode = self.pick(&["azure-dns", "azure-dns", "azure-dns", "none"]);
            return ("vanity", Some(mode).filter(|_| !self.one_in(6)));
        }
        let host = match self.random.random_range(0..8) {
            0..4 => "app.example.com",
            4..7 => "shop.example.com",
            // In no zone.
            _ => "app.example.org",
        };
        (
            "hostname",
            Some(host.to_owned()).filter(|_| !self.one_in(5)),
        )
    }

    fn hand(&mut self) -> Step {
        let host = self.pick(&["app.example.com", "shop.example.com"]);
        let hands = [Hand::Make, Hand::Make, Hand::Move, Hand::Drop, Hand::Disown];
        let hand = hands.choose(&mut self.random).copied();
        Step::Name(host, hand.unwrap_or(Hand::Drop))
    }

    fn deed(&mut self) -> Step {
        let index = self.random.random_range(0..4);
        let profile = self.profile();
        let deed = match self.random.random_range(0..22) {
            0..3 => Deed::Create,
            3 => Deed::Delete,
            4..6 => Deed::Weight(index, self.random.random_range(1..1000)),
            6 => Deed::Disable(index),
            7..9 => Deed::Drop(index),
            9 => Deed::Retarget(index, self.pick(&["t0.example.net", "moved.example.net"])),
            10..13 => {
                let name = self.pick(&["x0", "e0", "e1", "east-0"]);
                let target = self.pick(&["x.example.net", "t0.example.net", "t1.example.net"]);
                Deed::Add(name, target)
            }
            13..15 => Deed::Tag("team".to_owned(), self.pick(&["a", "b"])),
            15 => Deed::Wipe,
            16 => Deed::WipeOurs,
            17 => {
                let owner = self.owner();
                Deed::WipeClaims(owner)
            }
            18 => Deed::Mark,
            19 => Deed::Darken,
            20 => Deed::Ttl(55),
            _ => Deed::Method(self.pick(&["Priority", "Weighted"])),
        };
        Step::Others(profile, deed)
    }
}
