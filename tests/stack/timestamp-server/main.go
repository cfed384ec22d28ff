// timestamp-server is Sigstore's timestamp authority, set up for this stack. Its own
// program answers statistics on a port that cannot be chosen, and ends where that
// port is taken: two stacks could not run on one machine.
package main

import (
	"flag"
	"log"
	"time"

	"github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
)

const (
	limit      = time.Minute
	policy     = "1.3.6.1.4.1.57264.2" // Sigstore's
	requestMax = 1 << 20               // bytes
)

func main() {
	port := flag.Int("port", 3004, "`port` of 127.0.0.1 to listen on")
	key := flag.String("key", "tsa.key", "`file` with the private key")
	chain := flag.String("chain", "tsa.pem", "`file` with the key's certificate and those above it")
	flag.Parse()
	for name, value := range map[string]any{
		"timestamp-signer":         "file",
		"timestamp-signer-hash":    "sha256",
		"file-signer-key-path":     *key,
		"certificate-chain-path":   *chain,
		"enforce-intermediate-eku": true,
		"default-policy-oid":       policy,
		"accepted-policy-oids":     []string{policy},
		"max-request-body-size":    requestMax,
	} {
		viper.Set(name, value)
	}
	api := server.NewRestAPIServer("127.0.0.1", *port, []string{"http"}, false, limit, limit)
	if err := api.Serve(); err != nil {
		log.Fatal(err)
	}
}
