/** True when `cli/dist/sallyport.cjs` below this folder of packages is no older than any source there. */
export function isBuilt(packages?: string): boolean;
