package web

import (
	"errors"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/verifier/credential"
)

// statusList answers with the current publication of a status list, made anew
// if a status has changed since the last; with ?timestamp= with that of the past.
func (p *Publication) statusList(c *gin.Context) error {
	address := p.Issuer.Body.StatusPrefix() + c.Param("list")
	at, asked, err := timestamp(c.Request.URL.RawQuery)
	switch {
	case err != nil:
		return err
	case asked:
		return p.statusListThen(c, address, at)
	}
	pub, err := p.Issuer.PublicationAt(c.Request.Context(), address)
	if err != nil {
		return err
	}
	forEveryone(c)
	return sendPublic(c, keepLists, credential.MediaType, []byte(pub.Token))
}

// settled is how old a moment must be so that no publication can be dated before
// it any more: not one that is just being made, nor one by a clock set back.
const settled = 5 * time.Minute

// statusListThen answers with the publication that was current at a moment (W3C
// Bitstring Status List §3.4). Of a moment to come that is the current one, and of
// one at which none was in force there is none.
func (p *Publication) statusListThen(c *gin.Context, address string, at time.Time) error {
	keep := keepLists
	if at.Before(p.Issuer.Now().Add(-settled)) {
		keep = keepForEver
	}
	pub, err := p.Issuer.PublicationThen(c.Request.Context(), address, at)
	if err != nil {
		return err
	}
	forEveryone(c)
	return sendPublic(c, keep, credential.MediaType, []byte(pub.Token))
}

// errMalformed says that a request cannot be read.
var errMalformed = errors.New("malformed request")

// timestamp reads the moment that a query asks about, an XSD dateTimeStamp.
func timestamp(rawQuery string) (at time.Time, asked bool, err error) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return at, false, errMalformed
	}
	stamps, asked := query["timestamp"]
	if !asked {
		return at, false, nil
	}
	if len(stamps) != 1 {
		return at, true, errMalformed
	}
	stamp, err := credential.ParseTime(stamps[0])
	if err != nil {
		return at, true, errMalformed
	}
	return stamp.Time, true, nil
}
