# syntax=docker/dockerfile:1
# The decision point as one image: built with Go and npm, run by Node alone, as nobody, without a shell. Its root file system
# may be read-only: only /var/lib/sallyport (state, log) and /run/sallyport (sockets) are written to. Never runs the
# demonstration: that listens on loopback only. docs/deploy.md tells how to pin the images by digest.
FROM golang:1.26.8-bookworm AS rego
WORKDIR /src/rego
COPY rego/ ./
RUN GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o /out/rego.wasm .

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY sdk/package.json sdk/
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="sallyport" \
      org.opencontainers.image.description="A policy decision point for workloads" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production SALLYPORT_CONFIG=/etc/sallyport/sallyport.yaml
# a number, so that Kubernetes can see that it is not root; nobody else has it
RUN install -d -o 65532 -g 65532 -m 0700 /var/lib/sallyport \
 && install -d -o 65532 -g 65532 -m 0750 /run/sallyport \
 && install -d /etc/sallyport \
 && ln -s /app/pdp/main.ts /usr/local/bin/sallyport
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=rego /out/rego.wasm build/rego.wasm
COPY package.json LICENSE ./
COPY pdp pdp
USER 65532:65532
VOLUME /var/lib/sallyport
EXPOSE 7070 7071 9191
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "/app/pdp/main.ts", "healthcheck"]
# the process hears its signals itself, also as the first of its container: no init is needed
ENTRYPOINT ["node", "/app/pdp/main.ts"]
CMD ["start"]
