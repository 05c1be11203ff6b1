import { canonical } from "@sallyport/kube";

/** A value with the keys of all objects in it in order, as Go writes maps. */
export function sortedJson(value: object): object {
  return JSON.parse(canonical(value)) as object;
}
