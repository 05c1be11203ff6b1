import fc from "fast-check";

// Loaded before any test. The same commit is given the same random cases every time, so that a red run is about what has changed;
// new cases are looked for on purpose: SALLYPORT_RANDOM_SEED=… SALLYPORT_RANDOM_RUNS=… npm test.
fc.configureGlobal({ seed: Number(process.env["SALLYPORT_RANDOM_SEED"] || 20261126) });
