// Package dns stands where Traefik's ACME client has its DNS providers, which are a third of all that there would be to
// compile. The cluster of the tests asks nobody for certificates.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v4/challenge"
)

// NewDNSChallengeProviderByName knows none.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("this Traefik is built without DNS providers: there is no %s", name)
}
