export type { Authorizer, Call, HttpCall, MutualTlsMode, Verdict } from "./policy/call.ts";
