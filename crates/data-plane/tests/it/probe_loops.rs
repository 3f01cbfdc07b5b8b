//! Many probes: tolerance, changes of the jobs, taking turns, and the end.

use std::time::Duration;

use data_plane::{ProbeCheck, ProbedHealth, ProberConfig};
use rstest::rstest;

use crate::applications::{Application, Behaviour};
use crate::prober::{INTERVAL, Running, http, job};

/// monitoring: tolerated failures plus one make an endpoint unhealthy, one success heals it.
#[tokio::test]
async fn failures_are_tolerated_and_one_success_heals() {
    let app = Application::http(Behaviour::status(200)).await;
    let mut patient = job("a", app.address, http());
    patient.tolerated_failures = 2;
    let mut prober = Running::start(vec![patient]);
    let first = prober.next().await;
    assert!(first.changed && first.health == ProbedHealth::Healthy);
    let second = prober.next().await;
    assert!(!second.changed && second.health == ProbedHealth::Healthy);

    app.set(Behaviour::status(500));
    let mut seen = Vec::new();
    let mut report = prober.until(|report| report.failures_in_a_row > 0).await;
    while report.failures_in_a_row < 4 {
        seen.push((report.failures_in_a_row, report.health, report.changed));
        report = prober.next().await;
    }
    assert_eq!(
        seen,
        [
            (1, ProbedHealth::Healthy, false),
            (2, ProbedHealth::Healthy, false),
            (3, ProbedHealth::Unhealthy, true),
        ]
    );
    assert!(!report.changed);

    app.set(Behaviour::status(200));
    let healed = prober.until(|report| report.failures_in_a_row == 0).await;
    assert!(healed.changed && healed.health == ProbedHealth::Healthy);
    prober.end().await;
}

/// A list that says the same again leaves the counts alone; a different job starts from nothing.
#[tokio::test]
async fn only_a_changed_job_starts_over() {
    let app = Application::http(Behaviour::status(500)).await;
    let mut one = job("a", app.address, http());
    one.tolerated_failures = 200;
    let mut prober = Running::start(vec![one.clone()]);
    prober.until(|report| report.failures_in_a_row == 3).await;

    let marker = job("marker", app.address, ProbeCheck::Tcp);
    prober.jobs.send(vec![one.clone(), marker.clone()]).unwrap();
    prober.until(|report| report.key == marker.key).await;
    let next = prober.until(|report| report.key == one.key).await;
    assert!(next.failures_in_a_row > 3 && !next.changed, "{next:?}");

    one.generation = 2;
    prober.jobs.send(vec![one.clone(), marker]).unwrap();
    let next = prober.until(|report| report.generation == 2).await;
    assert_eq!((next.failures_in_a_row, next.changed), (1, true));
    prober.end().await;
}

#[tokio::test]
async fn a_removed_job_is_probed_no_more() {
    let app = Application::http(Behaviour::status(200)).await;
    let other = Application::http(Behaviour::status(200)).await;
    let (gone, stays) = (
        job("gone", app.address, http()),
        job("stays", other.address, http()),
    );
    let mut prober = Running::start(vec![gone.clone(), stays.clone()]);
    prober.until(|report| report.key == gone.key).await;

    // The marker's first report shows that the new list is in force.
    let marker = job("marker", other.address, ProbeCheck::Tcp);
    prober
        .jobs
        .send(vec![stays.clone(), marker.clone()])
        .unwrap();
    prober.until(|report| report.key == marker.key).await;
    for _ in 0..20 {
        let report = prober.until(|report| report.key != marker.key).await;
        assert_eq!(report.key, stays.key);
    }
    prober.end().await;
}

/// The prober ends at once although a probe is under way, and delivers nothing afterwards.
#[rstest]
#[case::stopped(true)]
#[case::abandoned(false)]
#[tokio::test]
async fn it_ends_in_the_middle_of_a_probe(#[case] cancel: bool) {
    let app = Application::http(Behaviour::Hang).await;
    let mut prober = Running::start(vec![job("a", app.address, http())]);
    while app.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    if cancel {
        prober.stop.cancel();
    } else {
        drop(prober.jobs);
    }
    prober.task.await.unwrap();
    assert!(
        prober.reports.recv().await.is_none(),
        "the sink was dropped without a report"
    );
}

#[tokio::test]
async fn the_interval_can_be_overridden() {
    let app = Application::http(Behaviour::status(200)).await;
    let mut slow = job("a", app.address, http());
    slow.interval = Duration::from_hours(24);
    let config = ProberConfig {
        interval: Some(INTERVAL),
        ..ProberConfig::default()
    };
    let mut prober = Running::start_with(config, vec![slow]);
    for _ in 0..3 {
        prober.next().await;
    }
    prober.end().await;
}

/// With a single slot, endpoints that hang take turns with those that answer.
#[tokio::test]
async fn a_hanging_endpoint_does_not_starve_the_others() {
    let (hangs, answers) = (
        Application::http(Behaviour::Hang).await,
        Application::http(Behaviour::status(200)).await,
    );
    let config = ProberConfig {
        timeout: Some(Duration::from_millis(50)),
        concurrency: 1,
        ..ProberConfig::default()
    };
    let jobs = vec![
        job("hangs", hangs.address, http()),
        job("answers", answers.address, http()),
    ];
    let mut prober = Running::start_with(config, jobs);
    for key in ["hangs", "answers", "hangs", "answers"] {
        prober.until(|report| report.key.as_str() == key).await;
    }
    prober.end().await;
}
