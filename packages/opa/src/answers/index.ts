export { type Aggregate, aggregate, goDuration, goFloat } from "./aggregate.ts";
export { printableAst } from "./ast-printable.ts";
export { diagnosticJson, evaluationErrorJson } from "./error-json.ts";
export { goJson, goJsonLine, type Printable, Struct } from "./json-text.ts";
export { aggregateMetrics, aggregateMetricsJson, Metrics, type ParseTimer, type TimerName } from "./metrics.ts";
export { addStages } from "./stage-timers.ts";
