import type { Route } from "../routes.ts";
import { PreparedPaths, type Serving } from "../serving.ts";
import { documentHandlers } from "./documents.ts";
import { olderDocument } from "./older-data.ts";
import { writeHandlers } from "./writes.ts";

/** https://www.openpolicyagent.org/docs/rest-api#data-api */
export function dataRoutes(serving: Serving): readonly Route[] {
  const { get, post } = documentHandlers(serving);
  const { put, patch, remove } = writeHandlers(serving);
  const prepared = new PreparedPaths();
  const methods = { GET: get, POST: post, PUT: put, PATCH: patch };
  const compresses = ["GET", "POST"];
  return [
    { name: "v1/data", prefix: "/v1/data", rest: "none", methods, compresses },
    { name: "v1/data", prefix: "/v1/data", rest: "some", methods: { ...methods, DELETE: remove }, compresses },
    {
      name: "v0/data",
      prefix: "/v0/data",
      rest: "any",
      methods: { POST: (request, path) => olderDocument(serving, prepared, request, path) },
      compresses,
    },
  ];
}
