//! Counts and a log of the ARM requests since the last reset. Requests to the control API are not in it.

use std::collections::{BTreeMap, VecDeque};

use axum::http::{Method, StatusCode};
use serde::Serialize;

use crate::operation::Operation;

/// How many requests the log keeps.
const LOG_LIMIT: usize = 1000;

/// What was asked of the ARM API.
#[derive(Debug, Default)]
pub struct Journal {
    operations: BTreeMap<Operation, BTreeMap<String, u64>>,
    log: VecDeque<LogEntry>,
    next: u64,
}

/// Counts as the control API shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All requests.
    pub total: u64,
    /// Requests that change nothing.
    pub reads: u64,
    /// Requests of operations that change something, whether they did or not.
    pub writes: u64,
    /// Requests by HTTP method.
    pub methods: BTreeMap<String, u64>,
    /// Requests by operation.
    pub operations: BTreeMap<&'static str, OperationCounts>,
}

/// Counts of one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OperationCounts {
    /// All requests.
    pub count: u64,
    /// Requests by HTTP method.
    pub methods: BTreeMap<String, u64>,
}

/// A request in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// Counts from 0 and goes on over resets.
    pub number: u64,
    /// HTTP method.
    pub method: String,
    /// Path and query as received.
    pub path: String,
    /// Operation.
    pub operation: &'static str,
    /// Status of the answer; `None` while there is none, and when the connection was cut.
    pub status: Option<u16>,
    /// Whether a fault rule applied.
    pub fault: bool,
}

// === impl Journal ===

impl Journal {
    /// Notes a request. Returns its number.
    pub(crate) fn note(
        &mut self,
        method: &Method,
        path: String,
        operation: Operation,
        fault: bool,
    ) -> u64 {
        let number = self.next;
        self.next += 1;
        *self
            .operations
            .entry(operation)
            .or_default()
            .entry(method.to_string())
            .or_default() += 1;
        if self.log.len() == LOG_LIMIT {
            self.log.pop_front();
        }
        self.log.push_back(LogEntry {
            number,
            method: method.to_string(),
            path,
            operation: operation.as_str(),
            status: None,
            fault,
        });
        number
    }

    /// Notes how a request was answered.
    pub(crate) fn answered(&mut self, number: u64, status: StatusCode) {
        // Reset in between, or pushed out of the log: there is nothing to complete.
        if let Some(entry) = self.log.iter_mut().find(|entry| entry.number == number) {
            entry.status = Some(status.as_u16());
        }
    }

    /// Starts over.
    pub fn reset(&mut self) {
        self.operations.clear();
        self.log.clear();
    }

    /// The counts since the last reset.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (operation, methods) in &self.operations {
            let count = methods.values().sum();
            counts.total += count;
            if operation.is_write() {
                counts.writes += count;
            } else {
                counts.reads += count;
            }
            for (method, count) in methods {
                *counts.methods.entry(method.clone()).or_default() += count;
            }
            counts.operations.insert(
                operation.as_str(),
                OperationCounts {
                    count,
                    methods: methods.clone(),
                },
            );
        }
        counts
    }

    /// The last requests, oldest first.
    pub fn log(&self) -> impl Iterator<Item = &LogEntry> {
        self.log.iter()
    }
}
