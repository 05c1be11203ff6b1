# The image that `sallyport install` names: docker build -t ghcr.io/sallyport/sallyport:0.1.0 .
FROM node:24-slim AS build
WORKDIR /source
COPY . .
RUN npm ci --ignore-scripts && npm run build -- --package /sallyport && cd /sallyport && npm install --omit=dev --ignore-scripts
# Replicas may write nothing: what V8 compiles when they start is kept here.
RUN node /sallyport/bin/sallyport.js webhook --help > /dev/null

FROM node:24-slim
COPY --from=build /sallyport /sallyport
USER 65532:65532
ENTRYPOINT ["node", "/sallyport/bin/sallyport.js"]
