//! Performance, drift and governance.
