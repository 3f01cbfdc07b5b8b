//! One probe: connect, ask, judge.
