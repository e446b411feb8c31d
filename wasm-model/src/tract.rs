//! The tract evaluator: any graph tract runs, with the trees of [`crate::trees`] as its tree operators.
//!
//! tract's own `TreeEnsembleClassifier` takes milliseconds where these take microseconds, decodes `BRANCH_GTE`
//! wrongly, and there is none for regressions. The operator register is open, so both are put in their place; only
//! classifiers that are not binary, or have texts as labels, still get tract's own.

use std::sync::Arc;

use prost::Message as _;
use tract_onnx::{
    Onnx,
    model::ParsingContext,
    pb,
    prelude::{Framework as _, InferenceModelExt as _},
    tract_hir::internal::*,
};

use crate::{
    GuestError,
    compact::{TreeModel, tree_classifier, tree_regressor},
};

/// A graph optimised by tract, for any number of rows.
#[derive(Debug)]
pub struct TractModel {
    plan: Arc<tract_onnx::prelude::TypedRunnableModel>,
    n_features: usize,
}

impl TractModel {
    /// Reads an ONNX file.
    ///
    /// # Errors
    /// [`GuestError::Operator`] for an operator tract does not know, [`GuestError::Model`] for whatever else it says.
    pub fn from_onnx(bytes: &[u8]) -> Result<Self, GuestError> {
        let file = onnx::decode(bytes)?;
        let n_features = file.n_features()?;
        let graph = file.graph()?;
        let framework = framework();
        if let Some(node) = graph.node.iter().find(|node| !framework.op_register.0.contains_key(&node.op_type)) {
            return Err(GuestError::operator(&node.op_type, "is not supported by the tract build"));
        }
        let output = match graph.output.as_slice() {
            [only] => &only.name,
            several => match several.iter().find(|value| value.name == onnx::PROBABILITIES) {
                Some(value) => &value.name,
                None => return Err(GuestError::model("the graph has several outputs, none called `probabilities`")),
            },
        };
        let plan = compile(&framework, bytes, n_features, output).map_err(|error| model_error(&error))?;
        Ok(Self { plan, n_features })
    }

    /// Number of features of a row.
    #[must_use]
    pub const fn n_features(&self) -> usize {
        self.n_features
    }

    /// Appends the answer for each row of `rows`, `(n_rows, n_features)` row after row: the second of two columns, or
    /// the only one.
    ///
    /// # Errors
    /// An operator that fails on these rows, or an answer of another shape.
    pub fn predict(&self, rows: &[f32], out: &mut Vec<f32>) -> Result<(), GuestError> {
        let n_rows = rows.len() / self.n_features;
        if n_rows == 0 {
            return Ok(());
        }
        let run = || -> TractResult<Tensor> {
            let input = Tensor::from_shape(&[n_rows, self.n_features], rows)?;
            let output = self.plan.run(tvec!(input.into_tvalue()))?.remove(0);
            Ok(output.cast_to::<f32>()?.into_owned())
        };
        let output = run().map_err(|error| model_error(&error))?;
        let answers = output.to_plain_array_view::<f32>().map_err(|error| model_error(&error))?;
        let n_columns = answers.len() / n_rows;
        if answers.shape().first() != Some(&n_rows) || !matches!(n_columns, 1 | 2) {
            let reason = format!("the output has the shape {:?} for {n_rows} rows", answers.shape());
            return Err(GuestError::Model { reason });
        }
        out.extend(answers.iter().skip(n_columns - 1).step_by(n_columns));
        Ok(())
    }
}

fn model_error(error: &TractError) -> GuestError {
    GuestError::model(format!("{error:#}"))
}

fn compile(
    framework: &Onnx,
    bytes: &[u8],
    n_features: usize,
    output: &str,
) -> TractResult<Arc<tract_onnx::prelude::TypedRunnableModel>> {
    let mut model = framework.model_for_read(&mut &bytes[..])?;
    let n_rows = model.sym("n_rows");
    model.set_input_fact(0, f32::fact(dims!(n_rows, n_features)).into())?;
    model.select_outputs_by_name([output])?;
    model.into_optimized()?.into_runnable()
}

fn framework() -> Onnx {
    let mut onnx = tract_onnx::onnx();
    onnx.op_register.insert("TreeEnsembleClassifier", classifier);
    onnx.op_register.insert("TreeEnsembleRegressor", regressor);
    onnx
}

type Built = TractResult<(Box<dyn InferenceOp>, Vec<String>)>;

fn classifier(context: &ParsingContext, node: &pb::NodeProto) -> Built {
    let ours = read_node(node)?;
    let labels = ours.ints("classlabels_int64s")?;
    let Ok([negative, positive]) = <[i64; 2]>::try_from(labels) else {
        // tract's own operator, as it was before ours replaced it.
        return match tract_onnx::onnx().op_register.0.get("TreeEnsembleClassifier") {
            Some(build) => build(context, node),
            None => bail!("tract has no TreeEnsembleClassifier of its own"),
        };
    };
    let model = tree_classifier(&ours, n_columns(&ours)?)?;
    let kernel = Kernel { model: Arc::new(model), n_columns: n_columns(&ours)?, labels: Some([negative, positive]) };
    Ok((expand(kernel), vec![]))
}

fn regressor(_: &ParsingContext, node: &pb::NodeProto) -> Built {
    let ours = read_node(node)?;
    let model = tree_regressor(&ours, n_columns(&ours)?)?;
    Ok((expand(Kernel { model: Arc::new(model), n_columns: n_columns(&ours)?, labels: None }), vec![]))
}

/// The same message in the types of the crate `onnx`.
fn read_node(node: &pb::NodeProto) -> TractResult<onnx::proto::NodeProto> {
    Ok(onnx::proto::NodeProto::decode(node.encode_to_vec().as_slice())?)
}

/// Columns the trees look at; the operator may be given more.
fn n_columns(node: &onnx::proto::NodeProto) -> TractResult<usize> {
    let largest = node.ints("nodes_featureids")?.iter().copied().max().unwrap_or(0);
    let largest = usize::try_from(largest).ok().filter(|&n| n < features::limits::MAX_FEATURES);
    largest.map(|n| n + 1).ok_or_else(|| format_err!("a tree compares a feature that cannot exist"))
}

/// A tree ensemble as an operator: label and probabilities of a classifier, or the value of a regression.
#[derive(Clone, Debug)]
struct Kernel {
    model: Arc<TreeModel>,
    n_columns: usize,
    labels: Option<[i64; 2]>,
}

impl PartialEq for Kernel {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.model, &other.model)
    }
}

impl Eq for Kernel {}

impl Expansion for Kernel {
    fn name(&self) -> StaticName {
        "FlatTrees".into()
    }

    fn nboutputs(&self) -> TractResult<usize> {
        Ok(if self.labels.is_some() { 2 } else { 1 })
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 1)?;
        check_output_arity(outputs, self.nboutputs()?)?;
        s.equals(&inputs[0].rank, 2)?;
        for (i, output) in outputs.iter().enumerate() {
            let is_label = i + 1 < outputs.len();
            s.equals(&output.datum_type, if is_label { i64::datum_type() } else { f32::datum_type() })?;
            s.equals(&output.rank, if is_label { 1 } else { 2 })?;
            s.equals(&output.shape[0], &inputs[0].shape[0])?;
            if !is_label {
                s.equals(&output.shape[1], (outputs.len() as i64).to_dim())?;
            }
        }
        Ok(())
    }

    fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        model.wire_node(prefix, self.clone(), inputs)
    }
}

impl Op for Kernel {
    fn name(&self) -> StaticName {
        "FlatTrees".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Kernel {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let input = input.cast_to::<f32>()?;
        let input = input.to_plain_array_view::<f32>()?;
        let &[n_rows, width] = input.shape() else { bail!("trees take a matrix, not the shape {:?}", input.shape()) };
        if width < self.n_columns {
            bail!("the trees compare {} columns, the rows have {width}", self.n_columns);
        }
        let input = input.as_standard_layout();
        let values = input.as_slice().ok_or_else(|| format_err!("the rows do not lie one after the other"))?;
        let answers = values.chunks_exact(width).map(|row| self.model.both(row));
        let Some([negative, positive]) = self.labels else {
            let values: Vec<f32> = answers.map(|[_, value]| value).collect();
            return Ok(tvec!(Tensor::from_shape(&[n_rows, 1], &values)?.into_tvalue()));
        };
        let answers: Vec<[f32; 2]> = answers.collect();
        let labels: Vec<i64> = answers.iter().map(|[p, q]| if q > p { positive } else { negative }).collect();
        let probabilities = Tensor::from_shape(&[n_rows, 2], answers.as_flattened())?;
        Ok(tvec!(tensor1(&labels).into_tvalue(), probabilities.into_tvalue()))
    }
}

impl TypedOp for Kernel {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let n_rows = &inputs[0].shape[0];
        Ok(match self.labels {
            Some(_) => tvec!(i64::fact([n_rows.clone()]), f32::fact([n_rows.clone(), 2.to_dim()])),
            None => tvec!(f32::fact([n_rows.clone(), 1.to_dim()])),
        })
    }

    as_op!();
}
