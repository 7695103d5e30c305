module sallyport.dev/test/peers/otlp

go 1.25.0

require (
	go.opentelemetry.io/proto/otlp v1.10.0
	google.golang.org/protobuf v1.36.11
)
