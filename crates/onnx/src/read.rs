use prost::Message as _;

use crate::{
    OnnxError,
    proto::{AttributeProto, AttributeType, GraphProto, ModelProto, NodeProto, ValueInfoProto},
};

/// Name of the input.
pub const INPUT: &str = "input";
/// Name of the output with the class.
pub const LABEL: &str = "label";
/// Name of the output with the probabilities.
pub const PROBABILITIES: &str = "probabilities";
/// Longest file that is read.
pub const MAX_MODEL_BYTES: usize = 256 << 20;

/// Reads a model file.
///
/// # Errors
/// Bytes that are no protobuf of a model, or more than [`MAX_MODEL_BYTES`] of them.
pub fn decode(bytes: &[u8]) -> Result<ModelProto, OnnxError> {
    if bytes.len() > MAX_MODEL_BYTES {
        return Err(OnnxError::TooLarge { size_bytes: bytes.len(), max_bytes: MAX_MODEL_BYTES });
    }
    ModelProto::decode(bytes).map_err(|error| OnnxError::Malformed { reason: error.to_string() })
}

/// Writes a model file. The same model gives the same bytes.
#[must_use]
pub fn encode(model: &ModelProto) -> Vec<u8> {
    model.encode_to_vec()
}

impl ModelProto {
    /// The graph.
    ///
    /// # Errors
    /// A file without one.
    pub fn graph(&self) -> Result<&GraphProto, OnnxError> {
        self.graph.as_ref().ok_or_else(|| missing("graph"))
    }

    /// Version of the operator set of `domain`, if the model imports it.
    #[must_use]
    pub fn opset(&self, domain: &str) -> Option<i64> {
        self.opset_import.iter().find(|set| set.domain == domain).map(|set| set.version)
    }

    /// The metadata entry called `key`.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata_props.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
    }

    /// Number of features: the second dimension of the only input.
    ///
    /// # Errors
    /// No input, several, or one whose second dimension is not fixed.
    pub fn n_features(&self) -> Result<usize, OnnxError> {
        let graph = self.graph()?;
        // Old exporters list initializers among the inputs.
        let mut inputs = graph.input.iter().filter(|input| graph.initializer.iter().all(|t| t.name != input.name));
        match (inputs.next(), inputs.next()) {
            (Some(input), None) => input.columns().ok_or_else(|| missing("fixed number of input columns")),
            _ => Err(missing("single input")),
        }
    }
}

impl ValueInfoProto {
    /// The second dimension of a matrix, when it is fixed and positive.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        let dims = &self.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?.dim;
        match dims.as_slice() {
            [_, columns] => usize::try_from(columns.dim_value?).ok().filter(|&n| n > 0),
            _ => None,
        }
    }
}

impl NodeProto {
    /// The attribute called `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.attribute.iter().find(|attribute| attribute.name == name)
    }

    /// The numbers of attribute `name`; empty when absent.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn floats(&self, name: &str) -> Result<&[f32], OnnxError> {
        Ok(self.typed(name, AttributeType::Floats)?.map_or(&[], |attribute| attribute.floats.as_slice()))
    }

    /// The whole numbers of attribute `name`; empty when absent.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn ints(&self, name: &str) -> Result<&[i64], OnnxError> {
        Ok(self.typed(name, AttributeType::Ints)?.map_or(&[], |attribute| attribute.ints.as_slice()))
    }

    /// The texts of attribute `name`, as bytes; empty when absent.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn strings(&self, name: &str) -> Result<&[Vec<u8>], OnnxError> {
        Ok(self.typed(name, AttributeType::Strings)?.map_or(&[], |attribute| attribute.strings.as_slice()))
    }

    /// The whole number of attribute `name`, or `None` when absent.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn int(&self, name: &str) -> Result<Option<i64>, OnnxError> {
        Ok(self.typed(name, AttributeType::Int)?.map(|attribute| attribute.i.unwrap_or_default()))
    }

    /// The text of attribute `name`, or `None` when absent.
    ///
    /// # Errors
    /// An attribute of another type, or bytes that are no UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>, OnnxError> {
        let Some(attribute) = self.typed(name, AttributeType::String)? else { return Ok(None) };
        std::str::from_utf8(attribute.s.as_deref().unwrap_or_default())
            .map(Some)
            .map_err(|_| self.bad_attribute(name, "is not UTF-8"))
    }

    /// The error for attribute `name` of this node.
    #[must_use]
    pub fn bad_attribute(&self, name: &str, reason: impl Into<String>) -> OnnxError {
        OnnxError::Attribute { operator: self.op_type.clone(), attribute: name.to_owned(), reason: reason.into() }
    }

    fn typed(&self, name: &str, expected: AttributeType) -> Result<Option<&AttributeProto>, OnnxError> {
        match self.attribute(name) {
            None => Ok(None),
            Some(attribute) if attribute.r#type() == expected => Ok(Some(attribute)),
            Some(attribute) => {
                Err(self.bad_attribute(name, format!("has type {:?}, not {expected:?}", attribute.r#type())))
            }
        }
    }
}

fn missing(what: &str) -> OnnxError {
    OnnxError::Missing { what: what.to_owned() }
}
