//! usecases.
