//! features-function.
