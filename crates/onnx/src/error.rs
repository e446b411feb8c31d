/// Why an ONNX model could not be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OnnxError {
    /// The bytes are no ONNX file.
    #[error("not an ONNX file: {reason}")]
    Malformed {
        /// What the decoder found.
        reason: String,
    },
    /// The file is longer than any model should be.
    #[error("the file has {size_bytes} bytes; at most {max_bytes} are read")]
    TooLarge {
        /// Length found.
        size_bytes: usize,
        /// Limit.
        max_bytes: usize,
    },
    /// The file lacks something that every model needs.
    #[error("the model has no {what}")]
    Missing {
        /// What was looked for.
        what: String,
    },
    /// An attribute of an operator is absent, of another type, or of a value that makes no sense.
    #[error("operator {operator}: attribute `{attribute}` {reason}")]
    Attribute {
        /// Operator that has the attribute.
        operator: String,
        /// Name of the attribute.
        attribute: String,
        /// What is wrong.
        reason: String,
    },
    /// The trees or coefficients given to a builder do not make a model.
    #[error("cannot build the model: {reason}")]
    Invalid {
        /// What is wrong, with the index of the tree and node where there is one.
        reason: String,
    },
}
