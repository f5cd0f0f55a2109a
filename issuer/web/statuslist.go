package web

import (
	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/verifier/credential"
)

// statusList answers with the current publication of a status list, made anew
// if a status has changed since the last.
func (p *Publication) statusList(c *gin.Context) error {
	pub, err := p.Issuer.PublicationAt(c.Request.Context(), p.Issuer.Body.StatusPrefix()+c.Param("list"))
	if err != nil {
		return err
	}
	forEveryone(c)
	return sendPublic(c, keepLists, credential.MediaType, []byte(pub.Token))
}
