package web

import (
	"encoding/json"
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/issuer"
)

// key answers with one public key of the body. The address of a key is its id.
func (p *Publication) key(c *gin.Context) error {
	k, ok := p.Issuer.Keys.Key(p.Issuer.Body.URL + "/keys/" + c.Param("kid"))
	if !ok {
		return fmt.Errorf("key: %w", issuer.ErrNotFound)
	}
	return sendJSON(c, "application/jwk+json", k) // RFC 7517 §8.5
}

// jwks answers with all public keys of the body.
func (p *Publication) jwks(c *gin.Context) error {
	return sendJSON(c, "application/jwk-set+json", p.Issuer.Keys)
}

// trust answers with the body's trust file.
func (p *Publication) trust(c *gin.Context) error {
	trust, err := p.Issuer.Trust(c.Request.Context(), false)
	if err != nil {
		return err
	}
	return sendJSON(c, "application/json", trust)
}

func sendJSON(c *gin.Context, mediaType string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	forEveryone(c)
	return sendPublic(c, keepLists, mediaType, body)
}
