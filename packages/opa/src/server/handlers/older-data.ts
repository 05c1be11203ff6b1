import type { DataPath } from "@sallyport/rego";
import { ApiError } from "../api-error.ts";
import { documentAt, isBaseData, refText } from "../documents.ts";
import { isOn, jsonAnswer, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { bodyAsInput } from "../input.ts";
import { evaluation, type Serving } from "../serving.ts";

/** A document as the body alone, its input the whole body of the request: for webhooks that know nothing of OPA. */
export async function olderDocument(serving: Serving, request: ServerRequest, path: DataPath): Promise<ServerAnswer> {
  const input = await bodyAsInput(request);
  const { generation } = serving.state;
  const options = { ...evaluation(serving, isOn(request, "strict-builtin-errors")), input: input ?? null };
  const result = await documentAt(generation, path, options);
  if (result !== undefined) return jsonAnswer(request, result);
  const isMissing = isBaseData(generation.policy.compiled.root, path);
  throw new ApiError(404, "undefined_document", `document ${isMissing ? "missing" : "undefined"}: ${refText(path)}`);
}
