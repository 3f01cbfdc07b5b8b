//! The logs of what runs inside the demo, kept in memory: shown when something fails, and searched for reports.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tracing::Dispatch;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Lines that are kept. More than any story writes.
const CAPACITY: usize = 10_000;

/// A log that can be read.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<String>,
    /// How many lines were dropped to make room.
    dropped: usize,
    /// Before every line that is also written to standard error.
    echo: Option<&'static str>,
}

/// A place in a log: everything before it is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(usize);

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// `INFO`, `WARN` and so on.
    pub(super) level: String,
    /// The sentence.
    pub(super) message: String,
    fields: Map<String, Value>,
}

// === impl Log ===

impl Log {
    /// What writes the events of `filter` into this log.
    pub(super) fn dispatch(&self, filter: &str) -> Dispatch {
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(self.clone())
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_filter(EnvFilter::builder().parse_lossy(filter));
        tracing_subscriber::registry().with(layer).into()
    }

    /// The place behind the last line.
    pub(super) fn mark(&self) -> Mark {
        let state = self.lock();
        Mark(state.dropped + state.lines.len())
    }

    /// The events since then.
    pub(super) fn since(&self, Mark(mark): Mark) -> Vec<Entry> {
        let state = self.lock();
        let old = mark.saturating_sub(state.dropped);
        state
            .lines
            .iter()
            .skip(old)
            .filter_map(|line| Entry::parse(line))
            .collect()
    }

    /// The last `count` events.
    pub(super) fn tail(&self, count: usize) -> Vec<Entry> {
        let state = self.lock();
        let old = state.lines.len().saturating_sub(count);
        state
            .lines
            .iter()
            .skip(old)
            .filter_map(|line| Entry::parse(line))
            .collect()
    }

    /// From now on also writes to standard error, with the name of the log before each line.
    pub(super) fn echo(&self, name: &'static str) {
        self.lock().echo = Some(name);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One event at a time: the formatter writes each with a single call.
impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes).trim_end().to_owned();
        let mut state = self.lock();
        if let (Some(name), Some(entry)) = (state.echo, Entry::parse(&line)) {
            // A terminal that has gone away is no reason to stop.
            let _ = writeln!(io::stderr(), "[{name}] {entry}");
        }
        if state.lines.len() == CAPACITY {
            state.lines.pop_front();
            state.dropped += 1;
        }
        state.lines.push_back(line);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

// === impl Entry ===

impl Entry {
    fn parse(line: &str) -> Option<Self> {
        let mut fields: Map<String, Value> = serde_json::from_str(line).ok()?;
        fields.remove("timestamp");
        fields.remove("target");
        let mut text = |name| match fields.remove(name) {
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        Some(Self {
            level: text("level"),
            message: text("message"),
            fields,
        })
    }

    /// The text of a field.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:5} {}", self.level, self.message)?;
        for (name, value) in &self.fields {
            match value {
                Value::String(text) => write!(f, " {name}={text:?}")?,
                other => write!(f, " {name}={other}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_since_a_mark() {
        let log = Log::default();
        let mark = tracing::dispatcher::with_default(&log.dispatch("info"), || {
            tracing::info!("before");
            let mark = log.mark();
            tracing::debug!("too fine");
            tracing::warn!(reason = "InvalidAnnotation", tries = 3, "after");
            mark
        });
        let entries = log.since(mark);
        let texts: Vec<_> = entries.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["WARN  after reason=\"InvalidAnnotation\" tries=3"]);
        assert_eq!(entries[0].field("reason"), Some("InvalidAnnotation"));
        assert_eq!(log.tail(9).len(), 2);
        assert!(log.since(log.mark()).is_empty());
    }

    #[test]
    fn marks_outlive_dropped_lines() {
        let mut log = Log::default();
        for _ in 0..CAPACITY {
            log.write_all(b"{\"message\":\"old\"}\n").expect("memory");
        }
        let mark = log.mark();
        log.write_all(b"{\"message\":\"new\"}\n").expect("memory");
        let messages: Vec<_> = log
            .since(mark)
            .into_iter()
            .map(|entry| entry.message)
            .collect();
        assert_eq!(messages, ["new"]);
    }
}
