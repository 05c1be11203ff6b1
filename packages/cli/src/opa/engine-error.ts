/** There is no WebAssembly here. */
export class EngineError extends Error {
  readonly details = "policies are compiled to JavaScript; there is no WebAssembly runtime";

  constructor() {
    super("engine not found");
  }
}
