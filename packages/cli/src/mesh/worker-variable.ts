/** Set in the environment of a proxy that is one of several, by who starts it. */
export const workerVariable = "SALLYPORT_MESH_PROXY_WORKER";
