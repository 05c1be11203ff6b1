import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { WebhookAnswer } from "../snapshot.ts";
import { postReview } from "./post.ts";

/** What a webhook answers, and what is said of it: the body where it is taken, else why not. */
const cases: readonly (readonly [code: number, type: string, body: string, said: string])[] = [
  [200, "application/json", "{}", "{}"],
  [201, "", "{}", "{}"],
  [200, "application/json", "", "0-length response with status code: 200 and content type: application/json"],
  [204, "text/plain", "", "0-length response with status code: 204 and content type: text/plain"],
  [200, "a/b/c;", "{}", "Internal error occurred: mime: unexpected content after media subtype"],
  [200, "a", "{}", "{}"],
  [200, "a/", "{}", "Internal error occurred: mime: expected token after slash"],
  [200, ";charset=utf-8", "{}", "Internal error occurred: mime: no media type"],
  [200, "a b", "{}", "Internal error occurred: mime: expected slash after first token"],
  [403, "text/plain", "not you", "not you"],
  [404, "text/plain", "x", "the server could not find the requested resource"],
  [418, "text/plain", "x", "the server responded with the status code 418 but did not return more information"],
  [500, "text/plain", " boom\n", 'an error on the server ("boom") has prevented the request from succeeding'],
  [500, "image/png", "boom", 'an error on the server ("unknown") has prevented the request from succeeding'],
  [500, "application/json", '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"broken"}', "broken"],
];

describe("answers to reviews", () => {
  for (const [code, type, body, said] of cases)
    it(`${code} ${type} ${body}`, async () => {
      const post = async (): Promise<WebhookAnswer> => ({ code, type, body });
      const clientConfig = { url: "https://hook.example.com/" };
      const reader = { get: () => undefined, list: () => [] };
      const answer = postReview({}, { clientConfig, timeoutSeconds: 1, reader, post });
      assert.equal(await answer.catch((error: Error) => error.message), said);
    });
});
