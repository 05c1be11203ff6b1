//! regorus behind the benchmark's protocol: one JSON request a line on stdin, one JSON answer a line on stdout.
//! `bench/rego/peers.ts` says what each request means. The argument says by which of its two evaluators: `interpreter` or `rvm`.

use std::io::{BufRead, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::{Duration, Instant};

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};
use serde::{Deserialize, Serialize};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Deserialize)]
struct Module {
    file: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    op: String,
    #[serde(default)]
    modules: Vec<Module>,
    #[serde(default)]
    rego_version: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    data: serde_json::Value,
    #[serde(default)]
    inputs: Vec<String>,
    #[serde(default)]
    basis: String,
    #[serde(default)]
    ms: f64,
}

/// What the request asked for; `values` has one JSON document, or null for undefined, per input.
#[derive(Serialize, Default)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<serde_json::Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    us: Option<f64>,
}

/// The evaluator, prepared once and used for all inputs.
enum Evaluator {
    Interpreter(Box<Engine>, String),
    Rvm(Box<RegoVM>),
}

impl Evaluator {
    fn evaluate(&mut self, input: Value) -> Outcome<Value> {
        match self {
            Evaluator::Interpreter(engine, query) => {
                engine.set_input(input);
                Ok(engine.eval_rule(query.clone())?)
            }
            Evaluator::Rvm(vm) => {
                vm.set_input(input);
                Ok(vm.execute_entry_point_by_index(0)?)
            }
        }
    }
}

struct Workload {
    evaluator: Evaluator,
    texts: Vec<String>,
    inputs: Vec<Value>,
}

impl Workload {
    fn load(kind: &str, request: Request) -> Outcome<(Workload, f64)> {
        let data = Value::from_json_str(&request.data.to_string())?;
        let start = Instant::now();
        let evaluator = prepare(kind, &request, data)?;
        let took = micros(start.elapsed());
        let texts = request.inputs;
        let inputs = texts.iter().map(|text| Value::from_json_str(text)).collect::<Result<_, _>>()?;
        Ok((Workload { evaluator, texts, inputs }, took))
    }

    fn values(&mut self) -> Outcome<Vec<serde_json::Value>> {
        let inputs = self.inputs.clone();
        inputs.into_iter().map(|input| json(&self.evaluator.evaluate(input)?)).collect()
    }

    /// Evaluates on inputs that are parsed already: handing one over counts a reference.
    fn parsed(&mut self) -> Outcome<()> {
        for input in &self.inputs {
            std::hint::black_box(self.evaluator.evaluate(input.clone())?);
        }
        Ok(())
    }

    /// Reads and writes JSON around each evaluation.
    fn whole(&mut self) -> Outcome<()> {
        for text in &self.texts {
            let value = self.evaluator.evaluate(Value::from_json_str(text)?)?;
            if value != Value::Undefined {
                std::hint::black_box(value.to_json_str()?);
            }
        }
        Ok(())
    }

    /// Whole passes over the inputs for a time; microseconds per evaluation. Asks the clock some ten times only.
    fn average(&mut self, run: fn(&mut Workload) -> Outcome<()>, ms: f64) -> Outcome<f64> {
        let start = Instant::now();
        let (mut passes, mut batch) = (0u64, 1u64);
        loop {
            for _ in 0..batch {
                run(self)?;
            }
            passes += batch;
            let took = micros(start.elapsed());
            if took >= ms * 1000.0 {
                return Ok(took / (passes * self.inputs.len() as u64) as f64);
            }
            if took < ms * 100.0 {
                batch *= 2;
            }
        }
    }
}

fn prepare(kind: &str, request: &Request, data: Value) -> Outcome<Evaluator> {
    let mut engine = Engine::new();
    engine.set_rego_v0(request.rego_version == "v0");
    for module in &request.modules {
        engine.add_policy(module.file.clone(), module.text.clone())?;
    }
    engine.add_data(data.clone())?;
    if kind == "interpreter" {
        return Ok(Evaluator::Interpreter(Box::new(engine), request.query.clone()));
    }
    let rule: Rc<str> = request.query.as_str().into();
    let policy = engine.compile_with_entrypoint(&rule)?;
    let program = Compiler::compile_from_policy(&policy, &[&request.query])?;
    let mut vm = RegoVM::new();
    vm.set_max_instructions(usize::MAX);
    vm.set_execution_timer_config(None);
    vm.load_program(program);
    vm.set_data(data)?;
    Ok(Evaluator::Rvm(Box::new(vm)))
}

fn json(value: &Value) -> Outcome<serde_json::Value> {
    if *value == Value::Undefined {
        return Ok(serde_json::Value::Null);
    }
    Ok(serde_json::from_str(&value.to_json_str()?)?)
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn reply(kind: &str, workload: &mut Option<Workload>, line: &str) -> Outcome<Answer> {
    let request: Request = serde_json::from_str(line)?;
    if request.op == "load" {
        *workload = None;
        let (loaded, us) = Workload::load(kind, request)?;
        *workload = Some(loaded);
        return Ok(Answer { us: Some(us), ..Answer::default() });
    }
    let current = workload.as_mut().ok_or("no workload is loaded")?;
    if request.op == "values" {
        return Ok(Answer { values: Some(current.values()?), ..Answer::default() });
    }
    let run = if request.basis == "whole" { Workload::whole } else { Workload::parsed };
    Ok(Answer { us: Some(current.average(run, request.ms)?), ..Answer::default() })
}

fn main() -> Outcome<()> {
    let kind = std::env::args().nth(1).ok_or("usage: peer-regorus interpreter|rvm")?;
    std::panic::set_hook(Box::new(|_| ()));
    let mut workload = None;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        // What the peer said is the answer, also when it panicked.
        let answer = catch_unwind(AssertUnwindSafe(|| reply(&kind, &mut workload, &line)))
            .unwrap_or_else(|_| Err("panicked".into()))
            .unwrap_or_else(|error| Answer { error: Some(error.to_string()), ..Answer::default() });
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}
