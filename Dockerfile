# syntax=docker/dockerfile:1
# The service as one image: built with Go and npm, run by Node alone as an unprivileged user. Its root file system may be
# read-only: only /var/lib/sallyport is written to. Never runs the demonstration: that listens on loopback only.
FROM golang:1.26-bookworm AS rego
WORKDIR /src/rego
COPY rego/ ./
RUN GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o /rego.wasm .

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY sdk/package.json sdk/
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=rego /rego.wasm build/rego.wasm
COPY package.json LICENSE ./
COPY pdp pdp
RUN install -d -o node -g node -m 0700 /var/lib/sallyport
USER node
VOLUME /var/lib/sallyport
EXPOSE 7070 7071
HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:7071/livez').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "pdp/main.ts"]
CMD ["start", "--config", "/etc/sallyport/sallyport.yaml"]
