//! The pure core: annotations to members, ownership, and the plan of writes.
