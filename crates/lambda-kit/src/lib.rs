//! lambda-kit.
