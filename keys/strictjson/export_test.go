package strictjson

// For the tests beside this package that may import what rests on it.
var (
	Oracle      = oracle
	OracleKnown = oracleKnown
)
